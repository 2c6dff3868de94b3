//! Plans of random schemas on real servers.

use crate::compare::{Contents, assert_same, contents};
use crate::on_every_server_at_random;
use crate::schemas::schemas;
use crate::walk::Walk;
use freehold::plan::{self, Statement};
use freehold::schema::Schema;
use freehold::sql;
use tokio_postgres::Client;

/// How many schemas each server sees.
const CASES: u32 = 16;

#[test]
fn random_schemas_stand_as_planned_after_every_statement() {
    on_every_server_at_random(CASES, &schemas(), async |server, number, schema| {
        let client = server.new_database(&format!("random_{number}")).await;
        up_and_down(&client, &schema).await;
    });
}

/// Up as one message, down, up and down statement by statement.
async fn up_and_down(client: &Client, schema: &Schema) {
    let plan = plan::initial(schema).unwrap();
    run(client, &plan.up).await;
    let found = contents(client).await;
    assert_same(schema, &found.schema, "after the whole way up");
    run(client, &plan.down).await;
    assert_eq!(contents(client).await, Contents::default(), "after the whole way down");
    let mut walk = Walk::new(client);
    walk.run(&plan.up).await;
    walk.run(&plan.down).await;
    assert_eq!(contents(client).await, Contents::default(), "after the way down, step by step");
}

async fn run(client: &Client, statements: &[Statement]) {
    let texts: Vec<String> = statements.iter().map(sql::render).collect();
    let text = texts.join("\n");
    if let Err(error) = client.batch_execute(&text).await {
        panic!("{:?}\n{text}", error.as_db_error());
    }
}
