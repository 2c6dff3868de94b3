//! Plans of random schemas prove themselves, and spoilt plans do not.

use crate::schemas::schemas;
use freehold::plan::{self, ExecutionError, Executor, Plan, PlanError, ProofError, Statement, prove};
use freehold::schema::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_initial_plan_proves_itself(schema in schemas()) {
        let plan = plan::initial(&schema).expect("cycles can be closed");
        prop_assert_eq!(prove(&plan, &schema), Ok(()));
    }

    #[test]
    fn a_plan_without_one_of_its_statements_is_refused(schema in schemas(), pick in any::<prop::sample::Index>()) {
        let mut plan = plan::initial(&schema).expect("cycles can be closed");
        // Range partitions are data: whether they are made does not show in a schema.
        plan.up.retain(|statement| !matches!(statement, Statement::MaintainPartitions { .. }));
        prop_assume!(!plan.up.is_empty());
        let (up, down) = (pick.index(plan.up.len()), pick.index(plan.down.len()));
        let mut without_up = plan.clone();
        without_up.up.remove(up);
        prop_assert!(prove(&without_up, &schema).is_err(), "without {:?}", plan.up[up]);
        let mut without_down = plan.clone();
        without_down.down.remove(down);
        prop_assert!(prove(&without_down, &schema).is_err(), "without {:?}", plan.down[down]);
    }

    #[test]
    fn a_plan_with_a_statement_twice_is_refused(schema in schemas(), pick in any::<prop::sample::Index>()) {
        let mut plan = plan::initial(&schema).expect("cycles can be closed");
        plan.up.retain(|statement| !statement.is_harmless_twice());
        prop_assume!(!plan.up.is_empty());
        let at = pick.index(plan.up.len());
        let repeated = plan.up[at].clone();
        plan.up.push(repeated);
        let refused_at_the_end =
            matches!(prove(&plan, &schema), Err(ProofError::UpFails { position, .. }) if position + 1 == plan.up.len());
        prop_assert!(refused_at_the_end || prove(&plan, &schema).is_err());
    }

    #[test]
    fn what_is_needed_cannot_come_later(schema in schemas()) {
        let plan = plan::initial(&schema).expect("cycles can be closed");
        for at in 1..plan.up.len() {
            let mut swapped = plan.clone();
            swapped.up.swap(at - 1, at);
            if needs(&plan.up[at], &plan.up[at - 1]) {
                let refused = matches!(prove(&swapped, &schema), Err(ProofError::UpFails { position, .. }) if position + 1 == at);
                prop_assert!(refused, "{:?} before {:?}", plan.up[at], plan.up[at - 1]);
            }
        }
    }

    #[test]
    fn a_refused_statement_leaves_the_schema_as_it_was(schema in schemas(), other in schemas()) {
        let plan = plan::initial(&other).expect("cycles can be closed");
        let mut executor = Executor::new(schema.clone());
        for statement in plan.up.iter().chain(&plan.down) {
            let before = executor.schema().clone();
            if executor.apply(statement).is_err() {
                prop_assert_eq!(executor.schema(), &before);
            }
        }
    }

    #[test]
    fn each_reverse_undoes_its_statement(schema in schemas()) {
        let plan = plan::initial(&schema).expect("cycles can be closed");
        let mut now = Schema::default();
        for statement in &plan.up {
            let before = now.clone();
            plan::apply(&mut now, statement).expect("the plan is sound");
            if let Some(reverse) = statement.reverse() {
                let mut undone = now.clone();
                prop_assert_eq!(plan::apply(&mut undone, &reverse), Ok(()), "{:?}", reverse);
                prop_assert_eq!(undone, before);
            }
        }
    }
}

/// Whether one statement needs what another makes, as far as their names show.
fn needs(later: &Statement, earlier: &Statement) -> bool {
    let Statement::CreateTable { name: made, .. } = earlier else { return false };
    match later {
        Statement::CreateIndex { table, .. }
        | Statement::CreateTrigger { table, .. }
        | Statement::CreatePartition { table, .. }
        | Statement::AddForeignKey { table, .. } => table == made,
        Statement::SetComment { .. } => true,
        Statement::RunSqlNode { node, .. } => node.after.as_ref() == Some(made),
        Statement::CreateTable { table, .. } => {
            table.foreign_keys.values().any(|foreign_key| foreign_key.target == *made)
        }
        _ => false,
    }
}

trait Harmless {
    fn is_harmless_twice(&self) -> bool;
}

impl Harmless for Statement {
    fn is_harmless_twice(&self) -> bool {
        matches!(self, Statement::SetComment { .. } | Statement::MaintainPartitions { .. })
    }
}

fn name(table: &str) -> ObjectName {
    ObjectName::new("public", table)
}

fn column(data_type: &str, nullable: bool) -> Column {
    Column {
        data_type: data_type.into(),
        nullable,
        default: None,
        identity: false,
        generated: None,
        comment: None,
    }
}

/// A table `id`, with a column and a foreign key for each of `targets`.
fn table(own: &str, targets: &[(&str, bool)]) -> (ObjectName, Table) {
    let mut table = Table {
        primary_key: Some(PrimaryKey { name: format!("{own}_pkey"), columns: vec!["id".into()] }),
        ..Table::default()
    };
    table.columns.insert("id".into(), column("bigint", false));
    for (target, nullable) in targets {
        let reference = format!("{target}_id");
        table.columns.insert(reference.clone(), column("bigint", *nullable));
        let foreign_key = ForeignKey {
            columns: vec![reference.clone()],
            target: name(target),
            target_columns: vec!["id".into()],
            on_delete: ForeignKeyAction::NoAction,
            on_update: ForeignKeyAction::NoAction,
            deferrable: false,
        };
        table.foreign_keys.insert(format!("{own}_{reference}_fkey"), foreign_key);
    }
    (name(own), table)
}

fn schema<const N: usize>(tables: [(ObjectName, Table); N]) -> Schema {
    Schema { tables: tables.into(), ..Schema::default() }
}

fn outline(statements: &[Statement]) -> Vec<String> {
    let outline = |statement: &Statement| match statement {
        Statement::CreateTable { name, table } => {
            let keys: Vec<&str> = table.foreign_keys.keys().map(String::as_str).collect();
            format!("create {} {}", name.name, keys.join(" ")).trim_end().to_owned()
        }
        Statement::DropTable { name } => format!("drop {}", name.name),
        Statement::AddForeignKey { name, .. } => format!("add {name}"),
        Statement::DropForeignKey { name, .. } => format!("remove {name}"),
        other => format!("{other:?}"),
    };
    statements.iter().map(outline).collect()
}

#[test]
fn tables_come_after_what_they_point_at_and_else_by_name() {
    let target = schema([
        table("a", &[("z", false)]),
        table("c", &[]),
        table("b", &[("c", true), ("b", false)]),
        table("z", &[]),
    ]);
    let plan = plan::initial(&target).expect("there is no cycle");
    assert_eq!(
        outline(&plan.up),
        ["create c", "create b b_b_id_fkey b_c_id_fkey", "create z", "create a a_z_id_fkey"]
    );
    assert_eq!(outline(&plan.down), ["drop a", "drop z", "drop b", "drop c"]);
}

#[test]
fn a_cycle_is_closed_by_the_key_that_can_wait() {
    let target = schema([
        table("albums", &[("photos", true)]),
        table("photos", &[("albums", false)]),
        table("tags", &[("photos", false)]),
    ]);
    let plan = plan::initial(&target).expect("the cycle has a nullable column");
    assert_eq!(
        outline(&plan.up),
        [
            "create albums",
            "create photos photos_albums_id_fkey",
            "add albums_photos_id_fkey",
            "create tags tags_photos_id_fkey"
        ]
    );
    assert_eq!(
        outline(&plan.down),
        ["drop tags", "remove albums_photos_id_fkey", "drop photos", "drop albums"]
    );
    assert_eq!(prove(&plan, &target), Ok(()));
}

#[test]
fn a_cycle_of_required_columns_has_no_plan() {
    let target = schema([table("a", &[("b", false)]), table("b", &[("a", false)]), table("c", &[])]);
    let error = plan::initial(&target).expect_err("no row could ever be inserted");
    assert_eq!(error, PlanError::ForeignKeyCycle { tables: vec![name("a"), name("b")] });
    assert_eq!(
        error.to_string(),
        "foreign keys with required columns form a cycle through `public.a`, `public.b`"
    );
}

#[test]
fn thousands_of_tables_in_a_row_need_no_deep_stack() {
    let count = 20_000;
    let mut tables = Vec::with_capacity(count);
    for number in 0..count {
        let next = format!("t{:06}", number + 1);
        let targets: &[(&str, bool)] = if number + 1 < count { &[(next.as_str(), true)] } else { &[] };
        tables.push(table(&format!("t{number:06}"), targets));
    }
    let target = Schema { tables: tables.into_iter().collect(), ..Schema::default() };
    let plan = plan::initial(&target).expect("there is no cycle");
    assert_eq!(plan.up.len(), count);
    assert_eq!(prove(&plan, &target), Ok(()));
}

#[test]
fn partitions_are_maintained_once_everything_stands() {
    let function = |returns: &str| Function {
        returns: returns.into(),
        settings: BTreeMap::new(),
        body: "BEGIN END".into(),
        comment: None,
    };
    let node = SqlNode { after: None, up: "CREATE VIEW v".into(), down: "DROP VIEW v".into() };
    let target = Schema {
        functions: [(name("changes"), function("trigger")), (name("maintain"), function("void"))].into(),
        sql_nodes: [("v".to_owned(), node)].into_iter().collect(),
        ..schema([table("a", &[])])
    };
    let plan = plan::initial(&target).expect("there is no cycle");
    let maintained: Vec<usize> = (0..plan.up.len())
        .filter(|at| matches!(&plan.up[*at], Statement::MaintainPartitions { .. }))
        .collect();
    assert_eq!(maintained, [plan.up.len() - 1]);
    assert_eq!(plan.up.last(), Some(&Statement::MaintainPartitions { function: name("maintain") }));
    assert_eq!(prove(&plan, &target), Ok(()));
}

#[test]
fn proofs_say_what_is_wrong() {
    let target = schema([table("a", &[]), table("b", &[("a", false)])]);
    let plan = plan::initial(&target).expect("there is no cycle");
    let said = |plan: &Plan| prove(plan, &target).expect_err("the plan is spoilt").to_string();
    let mut spoilt = plan.clone();
    spoilt.up.swap(0, 1);
    assert_eq!(said(&spoilt), "statement 1 of the way up cannot run: table `public.a` does not stand");
    let mut spoilt = plan.clone();
    spoilt.up.pop();
    assert_eq!(said(&spoilt), "the way up does not give the schema: table `public.b` is missing");
    let mut spoilt = plan.clone();
    spoilt.down.swap(0, 1);
    assert_eq!(
        said(&spoilt),
        "statement 1 of the way down cannot run: table `public.a` is needed by constraint `b_a_id_fkey` of table \
         `public.b`"
    );
    let mut spoilt = plan.clone();
    spoilt.down.pop();
    assert_eq!(said(&spoilt), "the way down does not give an empty database: table `public.a` is too much");
}

#[test]
fn a_wrong_modulus_is_found() {
    let mut divided = table("a", &[]);
    let partitions = vec!["a_p0".to_owned(), "a_p1".to_owned()];
    divided.1.partitioning =
        Some(Partitioning { columns: vec!["id".into()], method: PartitionMethod::Hash { partitions } });
    let target = schema([divided]);
    let mut plan = plan::initial(&target).expect("there is no cycle");
    for statement in &mut plan.up {
        if let Statement::CreatePartition { bounds: plan::PartitionBounds::Hash { modulus, .. }, .. } =
            statement
        {
            *modulus = 8;
        }
    }
    let error = prove(&plan, &target).expect_err("six partitions would be missing");
    assert!(matches!(error, ProofError::UpDiffers { .. }), "{error}");
}

#[test]
fn a_plan_with_a_key_to_a_table_that_is_nowhere_is_refused() {
    let target = schema([table("a", &[("nowhere", false)])]);
    let plan = plan::initial(&target).expect("there is no cycle");
    let error = prove(&plan, &target).expect_err("the target is missing");
    let missing = ExecutionError::Missing(plan::Object::Table(name("nowhere")));
    assert_eq!(error, ProofError::UpFails { position: 0, error: missing });
}
