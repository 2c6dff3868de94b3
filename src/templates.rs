//! Templates: embedding, overrides, strictness. The only user of tera.
