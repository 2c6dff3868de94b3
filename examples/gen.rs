#[path = "../benches/support/mod.rs"] mod support;
fn main(){ let n: usize = std::env::args().nth(1).unwrap().parse().unwrap(); print!("{}", support::register(n)); }
