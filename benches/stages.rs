//! Each stage by itself, over synthetic registers of growing size. Run with `cargo bench --bench stages`, one size with
//! `cargo bench --bench stages -- '/1000$'`.

mod support;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use freehold::semantic::{self, Loaded};
use freehold::source::{FileId, Memory};
use freehold::{lock, lowering, plan, rules, schema, session, sql, syntax, templates, wire};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

const SIZES: [usize; 4] = [100, 1_000, 10_000, 100_000];

fn load(text: &str) -> Loaded {
    let mut files = Memory::default();
    files.insert("synthetic.kdl", text);
    let loaded = semantic::load(&files, Path::new("synthetic.kdl"));
    assert!(loaded.findings.is_empty(), "the synthetic register is sound");
    loaded
}

fn schemas(loaded: &Loaded) -> Vec<schema::Schema> {
    let wire = wire::Index::default();
    loaded.register.services.ids().map(|id| lowering::lower(&loaded.register, &wire, id)).collect()
}

fn plans(schemas: &[schema::Schema]) -> Vec<plan::Plan> {
    schemas
        .iter()
        .map(|schema| plan::initial(schema).expect("the synthetic register can be planned"))
        .collect()
}

fn stages(criterion: &mut Criterion) {
    for size in SIZES {
        let text: Arc<str> = support::register(size).into();
        let mut stage = |name: &str, work: &mut dyn FnMut()| {
            let mut group = criterion.benchmark_group(name);
            group.sample_size(10).throughput(Throughput::Elements(size as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| bencher.iter(&mut *work));
            group.finish();
        };
        stage("parse", &mut || drop(black_box(syntax::parse(FileId(0), Arc::clone(&text)))));
        stage("load", &mut || drop(black_box(load(&text))));
        let loaded = load(&text);
        stage("check", &mut || drop(black_box(rules::apply(&loaded.register, Vec::new(), None))));
        stage("lower", &mut || drop(black_box(schemas(&loaded))));
        let schemas = schemas(&loaded);
        stage("plan", &mut || drop(black_box(plans(&schemas))));
        let plans = plans(&schemas);
        stage("prove", &mut || {
            for (plan, schema) in plans.iter().zip(&schemas) {
                plan::prove(plan, schema).expect("the plan gives the schema");
            }
        });
        stage("statements", &mut || {
            for statement in plans.iter().flat_map(|plan| &plan.up) {
                black_box(sql::render(statement));
            }
        });
        let templates = templates::Templates::new(&BTreeMap::new()).expect("the embedded templates fit");
        stage("generate", &mut || {
            let selection = session::Selection::default();
            let locks = lock::Locks::default();
            let made = session::generate(&loaded.register, &locks, &templates, &selection, &mut |_| {});
            black_box(made.expect("the synthetic register can be generated"));
        });
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
