//! How people run the issuer: the admin API, who may call it, and the console, which is one more of its
//! clients.
