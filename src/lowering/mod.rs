//! From a service of the register to the schema of its database, with what the compiler adds.
