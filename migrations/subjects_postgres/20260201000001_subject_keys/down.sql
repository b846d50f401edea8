-- Without these keys, what they sealed is unreadable for ever.
DROP TABLE encrypted_fields_erasure_heads;
DROP TABLE encrypted_fields_erasures;
DROP TABLE encrypted_fields_subject_keys;
