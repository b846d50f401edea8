-- Without these tables nothing that was sealed under their keys opens again.
DROP TABLE encrypted_fields_key_counters;
DROP TABLE encrypted_fields_key_slots;
DROP TABLE encrypted_fields_keys;
DROP TABLE encrypted_fields_keysets;
