//! Plans: schemas in, a closed set of statements out, proved by executing them symbolically.
