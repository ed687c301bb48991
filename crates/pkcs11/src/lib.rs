//! Issuing keys that live in a hardware token, over PKCS#11.
