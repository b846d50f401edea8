use serde_json::Value;

use crate::harness::http::{Request, forward};
use crate::harness::service::{Service, free_port, program};
use crate::harness::vault::{ROOT_TOKEN, openbao};
use crate::place::{Place, Store, keks};

/// Canaries.
const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY";
const ACCESS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";

fn moto() -> Service {
    Service::start("moto", program("moto_server", "moto[server,kms]"), |port| {
        (vec!["-H".into(), "127.0.0.1".into(), "-p".into(), port.to_string()], vec![])
    })
}

/// Makes a key in it, by the protocol that the SDK speaks; its id.
fn create_key(moto: &Service) -> String {
    let scope = format!("Credential={ACCESS_KEY}/20260101/eu-central-1/kms/aws4_request");
    let head = vec![
        "POST / HTTP/1.1".into(),
        "host: kms.eu-central-1.amazonaws.com".into(),
        "x-amz-target: TrentService.CreateKey".into(),
        "content-type: application/x-amz-json-1.1".into(),
        format!("authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"),
        "content-length: 2".into(),
    ];
    let answer = forward(&Request { head, body: b"{}".to_vec() }, moto.port).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let answer: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    answer["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
}

fn with_credentials(place: &mut Place) {
    place.set("AWS_ACCESS_KEY_ID", ACCESS_KEY);
    place.set("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
    place.set("AWS_EC2_METADATA_DISABLED", "true");
}

#[test]
fn a_key_moves_from_a_local_kek_to_aws_and_on_to_vault() {
    let (moto, bao) = (moto(), openbao());
    let mut place = Place::with_key(Store::Postgres);
    with_credentials(&mut place);
    bao.create_key("cli");
    let (role, secret) = bao.create_role("cli", "cli", "1h");
    place.write("secret-id", &secret);
    let aws = format!(
        "[[kek]]\nname = 'aws'\ntype = 'aws-kms'\nkey = '{}'\nregion = 'eu-central-1'\nendpoint = '{}'\n",
        create_key(&moto),
        moto.url()
    );
    let vault = format!(
        "[[kek]]\nname = 'vault'\ntype = 'vault-transit'\nkey = 'cli'\naddress = '{}'\nrole_id = '{role}'\nsecret_id_file = \
         'secret-id'\n",
        bao.url()
    );
    let store = "store_env = 'KEYS_URL'\n";
    let before = place.primaries("data");
    let quiet = |arguments: &str| {
        let ran = place.run(&format!("{arguments} --json -vvv"));
        for canary in [SECRET_ACCESS_KEY, ROOT_TOKEN, &secret] {
            assert!(!ran.stdout.contains(canary) && !ran.stderr.contains(canary), "{arguments}");
        }
        ran
    };
    for (configured, to, from) in [
        (format!("{store}{aws}{}", keks(&["main", "recovery"])), "aws", "main"),
        (format!("{store}{vault}{aws}{}", keks(&["recovery"])), "vault", "aws"),
    ] {
        place.configure(&configured);
        let checked = quiet("config check");
        assert_eq!(checked.json()["errors"], 0, "{checked:?}");
        let keys = place.ok("keys list")["keys"].as_array().unwrap().len();
        let moved = quiet(&format!("keys rewrap --to {to} --from {from} --yes"));
        assert_eq!((moved.code, &moved.json()["made"]), (0, &keys.into()), "{moved:?}");
        assert_eq!(moved.json()["dropped"], keys);
        assert_eq!(quiet("keys doctor").json()["errors"], 0);
        assert_eq!(place.primaries("data"), before);
        assert_eq!(quiet("keys generate").code, 0);
        let again = quiet(&format!("keys rewrap --to {to} --from {from} --yes"));
        assert_eq!(again.json()["made"], 0, "{again:?}");
    }
    // The first is asked alone.
    place.configure(&format!("{store}{vault}"));
    assert_eq!(quiet("keys list").code, 0);
    let types = place.ok("keys slots list")["slots"].clone();
    assert!(types.as_array().unwrap().iter().any(|slot| slot["type"] == "vault-transit"), "{types}");
}

#[test]
fn the_environment_alone_is_enough_for_aws() {
    let moto = moto();
    let mut place = Place::empty(Store::File);
    place.configure("store = 'file:keys.json'\n");
    with_credentials(&mut place);
    place.set("AWS_REGION", "eu-central-1");
    place.set("AWS_ENDPOINT_URL_KMS", &moto.url());
    place.set("AWS_KMS_KEY_ID", &create_key(&moto));
    place.set("ENCRYPTED_FIELDS_KEK_FILE", "recovery.key");
    place.ok("keys generate --promote");
    let slots = place.ok("keys list")["keys"][0]["slots"].clone();
    assert_eq!(slots, serde_json::json!(["aws", "env"]));
    let shown = place.ok("config show").to_string();
    assert!(shown.contains("variable AWS_KMS_KEY_ID"), "{shown}");
}

#[test]
fn a_kms_that_is_down_is_said_and_the_recovery_slot_goes_on() {
    let place = Place::with_key(Store::Sqlite);
    let gone = format!("address = 'http://127.0.0.1:{}'\ntoken_env = 'TOKEN'\n", free_port());
    let retry = "retry = { attempts = 2, base_ms = 5 }\n";
    let down = format!("[[kek]]\nname = 'main'\ntype = 'vault-transit'\nkey = 'cli'\n{gone}{retry}");
    place.configure(&format!("store = 'sqlite:keys.sqlite'\n{down}{}", keks(&["recovery"])));
    let mut place = place;
    place.set("TOKEN", "hvs.canary-canary-canary");
    let ran = place.run("keys list -vv");
    assert!(ran.code == 0 && ran.stderr.contains("fallback"), "{ran:?}");
    let checked = place.run("config check --json");
    assert_eq!(checked.code, 3);
    let codes: Vec<_> = checked.json()["findings"].as_array().unwrap().iter().map(|it| it["code"].clone()).collect();
    assert!(codes.contains(&"kek-unreachable".into()), "{codes:?}");
    assert_eq!(place.refused("keys generate"), "kek");
    assert!(!format!("{ran:?} {checked:?}").contains("canary"));
}
