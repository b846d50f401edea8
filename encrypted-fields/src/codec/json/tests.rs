//! What JSON cannot hold is refused, and what only looks like it is not.

use std::collections::BTreeMap;
use std::fmt::Debug;

use diesel::sql_types::Jsonb;
use serde::{Deserialize, Serialize, Serializer};

use super::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Nothing;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Newtype(f32);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pair(u8, f64);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Profile {
    name: String,
    score: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u8,
    #[serde(flatten)]
    profile: Profile,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    One(f64),
    Two(f32, f64),
    Named { inside: Option<Box<Shape>>, area: f64 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Profile(Profile),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Float(f64),
}

/// A float as a map key, which serde_json refuses by itself and without saying why.
#[derive(Debug, Clone, PartialEq)]
struct FloatKey(f64);

impl Serialize for FloatKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, 1)])
    }
}

/// Written as bytes, and with the shape that only a human-readable format gets.
struct Bytes(&'static [u8]);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

struct Readable;

impl Serialize for Readable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str("null") } else { serializer.serialize_f64(f64::NAN) }
    }
}

struct Fails;

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("a secret"))
    }
}

fn seal<T: Serialize>(value: T) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    EncodePlain::<Jsonb>::encode(&Json(value), &mut out).map_err(|reason| reason.to_string())?;
    Ok(out)
}

#[track_caller]
fn refused(value: impl Serialize) {
    assert_eq!(seal(value), Err(unsealable("NaN and infinities are not JSON").to_string()));
}

#[track_caller]
fn comes_back<T: Serialize + DeserializeOwned + Clone + PartialEq + Debug>(value: T) {
    let bytes = seal(value.clone()).unwrap();
    assert_eq!(<Json<T> as DecodePlain<Jsonb>>::decode(&bytes).unwrap().0, value);
}

#[test]
fn a_float_that_is_not_finite_is_refused_wherever_it_is() {
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let single = float as f32;
        let profile = Profile { name: "Ada".into(), score: float };
        refused(float);
        refused(single);
        refused(Some(float));
        refused([1.0, float]);
        refused((1, single));
        refused(vec![Some(vec![float])]);
        refused(Newtype(single));
        refused(Pair(1, float));
        refused(BTreeMap::from([("a", float)]));
        refused(FloatKey(float));
        refused(Shape::One(float));
        refused(Shape::Two(single, 1.0));
        refused(Shape::Two(1.0, float));
        refused(Shape::Named { inside: None, area: float });
        refused(Shape::Named { inside: Some(Box::new(Shape::One(float))), area: 1.0 });
        refused(Flat { id: 1, profile: profile.clone() });
        refused(Tagged::Profile(profile.clone()));
        refused(Untagged::Float(float));
        refused(Json(profile));
    }
}

#[test]
fn a_null_that_is_not_a_float_is_sealed() {
    comes_back(None::<f64>);
    comes_back(());
    comes_back(Nothing);
    comes_back((None::<u8>, vec![(), ()]));
    comes_back("null".to_owned());
    comes_back(BTreeMap::from([("null".to_owned(), 1.5)]));
    comes_back(Json(Value::Null));
}

#[test]
fn every_shape_passes_the_second_look() {
    // The None in front is what asks for it.
    comes_back((None::<u8>, (i128::MIN, u128::MAX, i64::MIN, u64::MAX), (-1i8, 1u8, -1i16, 1u16, -1i32, 1u32)));
    comes_back((None::<u8>, true, 'x', f32::MAX, f64::MIN_POSITIVE, -0.0));
    comes_back((None::<u8>, Newtype(0.1), Pair(1, 0.1), BTreeMap::from([(1, vec![Some(2.5)])])));
    let profile = Profile { name: "null".into(), score: 0.1 };
    comes_back((None::<u8>, Flat { id: 1, profile: profile.clone() }, Tagged::Profile(profile), Untagged::Float(0.1)));
    let nested = Shape::Named { inside: Some(Box::new(Shape::Two(0.5, 0.25))), area: 2.0 };
    comes_back((Shape::Unit, Shape::One(1.0), nested, Shape::Named { inside: None, area: 1.0 }));
    assert_eq!(seal((None::<u8>, Bytes(&[1, 2]))).unwrap(), b"\x0c[null,[1,2]]");
    assert_eq!(seal((None::<u8>, FloatKey(0.5))).unwrap(), b"\x0c[null,{\"0.5\":1}]");
    assert_eq!(seal(Readable).unwrap(), b"\x0c\"null\"");
}

#[test]
fn a_value_that_does_not_serialize_is_refused_without_its_words() {
    let refused = Err(unsealable("the value cannot be written as JSON").to_string());
    assert_eq!(seal(Fails), refused);
    assert_eq!(seal((None::<u8>, Fails)), refused);
    // Not JSON either, and not for a float.
    assert_eq!(seal(BTreeMap::from([(vec![1], 0.5)])), refused);
}
