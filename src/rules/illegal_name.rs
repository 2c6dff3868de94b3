//! Rule `illegal-name`: a name that something made from the register would not take.

use super::support::accounts::names_in_aws;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::names::{Target, check as check_name};
use crate::semantic::model::{
    Deploy, Field, Index, Located, PartitionMethod, Projection, RpcKind, Service, StoreKind, Table, TableId,
};
use crate::semantic::{Messages, Register, messages};
use crate::source::Place;
use crate::sql::is_catalog_type;
use std::collections::BTreeSet;

pub(super) const RULE: Rule = Rule {
    name: "illegal-name",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: Some("a target would refuse the name, or cut it"),
    page: "
## What it does

Reports a name that is not legal in one of the places that it reaches:

- platform, environments, services, externs, namespaces: lower-case letters, digits and `-` as Kubernetes takes them; a service at most
  40 bytes, since objects are named after it
- databases: lower-case letters, digits and `_`; servers: as RDS takes them, buckets: as S3 takes them;
  both also with an environment's name behind, and servers with the number of a replica
- tables and read copies: letters, digits and `_` (`as=` gives a table any name in the database)
- columns, enums, their values, indexes, constraints: at most 63 bytes without control characters; no column is called
  like one of PostgreSQL's system columns, no enum like one of its types, and neither tables nor schemas begin with `pg_`
- topics and groups: letters, digits, `.`, `_` and `-`, at most 249
- entities, events, RPCs, fields, and the columns and enums that messages are made of: what becomes a name of Protobuf
- environment variables and secrets: letters, digits and `_`

Keywords are legal: they are quoted or escaped where they have to be. A few names are not, since code that is made from
Protobuf has something of that name itself, and would not compile: messages called `Builder`, fields called `descriptor`,
RPCs called `Connect` or `New`.

## Why it is bad

The name would be refused by a tool much later, or silently cut: PostgreSQL keeps 63 bytes of a name.

## How to mend it

The help shows a name that is legal everywhere this one goes. `was=` keeps what exists under the old name.
",
    fires: r#"
team sales
service User_Orders team=sales {
    summary "Orders and their lines"
}
"#,
    passes: r#"
team sales
service user-orders team=sales {
    summary "Orders and their lines"
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let mut names = Names { seen: BTreeSet::new(), findings };
    names.platform(register);
    for service in register.services.values() {
        names.service(service);
    }
    let messages = messages(register);
    for (id, table) in register.tables.iter() {
        names.table(id, table, &messages);
    }
    for (id, enum_type) in register.enums.iter() {
        let in_messages = messages.enums.contains(&id);
        let targets =
            if in_messages { &[Target::Postgres, Target::ProtobufType][..] } else { &[Target::Postgres] };
        names.check(&enum_type.name, targets, "an enum");
        names.type_of_postgres(&enum_type.name);
        let targets = if in_messages {
            &[Target::Postgres, Target::ProtobufEnumValue][..]
        } else {
            &[Target::Postgres]
        };
        for value in &enum_type.values {
            names.check(&value.name, targets, "a value of an enum");
        }
    }
    for projection in register.projections.values() {
        names.projection(projection);
    }
    for topic in register.topics.values() {
        names.check(&topic.name, &[Target::KafkaTopic], "a topic");
    }
    for event in register.events.values() {
        names.check(&event.name, &[Target::ProtobufType], "an event");
        names.fields(&event.fields);
    }
    for rpc in register.rpcs.values() {
        names.rpc(register, rpc);
    }
}

struct Names<'a> {
    /// A column of a shape is in many tables, and is reported once.
    seen: BTreeSet<Place>,
    findings: &'a mut Vec<Finding>,
}

impl Names<'_> {
    fn check(&mut self, name: &Located<String>, targets: &[Target], what: &str) {
        let problem = targets.iter().find_map(|target| check_name(name.as_str(), *target).err());
        let Some(problem) = problem else { return };
        if !self.seen.insert(name.place) {
            return;
        }
        let message = format!("`{}` cannot be the name of {what}: {}", name.value, problem.reason);
        let finding = RULE.finding(message).at(name.place, "not legal");
        self.findings.push(match problem.suggestion {
            Some(suggestion) => finding.help(format!("`{suggestion}` is legal")),
            None => finding.help("give it another name"),
        });
    }

    /// PostgreSQL finds its own types before those of the database.
    fn type_of_postgres(&mut self, name: &Located<String>) {
        if is_catalog_type(name.as_str()) && self.seen.insert(name.place) {
            let message =
                format!("`{}` cannot be the name of an enum: PostgreSQL has a type of this name", name.value);
            let help = format!("`{}_kind` is legal", name.value.trim_start_matches('_'));
            self.findings.push(RULE.finding(message).at(name.place, "not legal").help(help));
        }
    }

    fn check_each<'n>(
        &mut self,
        names: impl IntoIterator<Item = &'n Located<String>>,
        target: Target,
        what: &str,
    ) {
        for name in names {
            self.check(name, &[target], what);
        }
    }

    fn platform(&mut self, register: &Register) {
        self.check_each(&register.platform.name, Target::Kubernetes, "a platform");
        self.check_each(&register.platform.namespace, Target::Kubernetes, "a namespace");
        for team in register.teams.values() {
            self.check(&team.name, &[Target::Label], "a team");
        }
        for server in register.servers.values() {
            self.check(&server.name, &[Target::RdsInstance], "a server");
        }
        self.environments(register);
        self.in_aws(register);
        for outside in register.externs.values() {
            self.check(&outside.name, &[Target::Kubernetes], "an extern");
            self.check_each(&outside.namespace, Target::Kubernetes, "a namespace");
            self.check_each(&outside.rpcs, Target::ProtobufType, "an RPC");
        }
    }

    /// Environments, and what is named after them.
    fn environments(&mut self, register: &Register) {
        for environment in register.environments() {
            let Some(declared) = environment.declared() else { continue };
            self.check(&declared.name, &[Target::Kubernetes, Target::TerraformValues], "an environment");
            self.check_each(&declared.namespace, Target::Kubernetes, "a namespace");
            if declared.namespace.is_none() {
                let namespace = Located::new(environment.namespace(), declared.name.place);
                self.check(&namespace, &[Target::Kubernetes], "a namespace");
            }
            for deploy in declared.deploys.values() {
                self.deploy(deploy);
            }
        }
    }

    /// What is called otherwise in AWS than in the register. The environment behind the name is to blame where that is not
    /// legal.
    fn in_aws(&mut self, register: &Register) {
        for it in names_in_aws(register) {
            if check_name(it.owner.as_str(), it.target).is_ok() {
                let place = it.environment.unwrap_or(it.owner).place;
                self.check(&Located::new(it.name, place), &[it.target], it.what);
            }
        }
    }

    fn service(&mut self, service: &Service) {
        self.check(&service.name, &[Target::Service], "a service");
        if let Some(database) = &service.database {
            self.check(&database.name, &[Target::Database], "a database");
        }
        for store in &service.stores {
            let target = if store.kind == StoreKind::S3 { Target::Bucket } else { Target::Label };
            self.check(&store.name, &[target], "a store");
        }
        self.check_each(&service.extensions, Target::Postgres, "an extension");
        for consumption in &service.consumes {
            self.check_each(&consumption.group, Target::KafkaGroup, "a consumer group");
        }
        for node in &service.sql {
            self.check(&node.name, &[Target::Postgres], "a `sql` node");
        }
        if let Some(deploy) = &service.deploy {
            self.deploy(deploy);
        }
    }

    fn deploy(&mut self, deploy: &Deploy) {
        let variables = deploy.env.iter().map(|(name, _)| name);
        self.check_each(variables, Target::EnvironmentVariable, "an environment variable");
        self.check_each(&deploy.secrets, Target::EnvironmentVariable, "a secret");
    }

    fn table(&mut self, id: TableId, table: &Table, messages: &Messages) {
        self.check(&table.name, &[Target::Table], "a table");
        self.check_each(&table.database_name, Target::PostgresRelation, "a table");
        self.check_each(&table.schema, Target::PostgresSchema, "a schema");
        self.check_each(&table.entity, Target::ProtobufType, "an entity");
        for (number, column) in table.columns.iter().enumerate() {
            let in_messages = messages.columns.contains(&(id, number));
            let targets =
                if in_messages { &[Target::Column, Target::ProtobufField][..] } else { &[Target::Column] };
            self.check(&column.name, targets, "a column");
        }
        self.check_each(
            table.uniques.iter().filter_map(|u| u.name.as_ref()),
            Target::Postgres,
            "a constraint",
        );
        self.check_each(
            table.checks.iter().filter_map(|c| c.name.as_ref()),
            Target::Postgres,
            "a constraint",
        );
        self.check_each(
            table.foreign_keys.iter().filter_map(|f| f.name.as_ref()),
            Target::Postgres,
            "a constraint",
        );
        self.indexes(&table.indexes);
        if let Some(PartitionMethod::List(parts)) =
            table.partition.as_ref().map(|partition| &partition.method)
        {
            self.check_each(parts.iter().map(|part| &part.name), Target::Postgres, "a partition");
        }
    }

    fn projection(&mut self, projection: &Projection) {
        self.check(&projection.name, &[Target::Table], "a read copy");
        let columns = projection.key.iter().chain(&projection.columns).map(|column| &column.name);
        self.check_each(columns, Target::Column, "a column");
        self.indexes(&projection.indexes);
    }

    fn indexes(&mut self, indexes: &[Index]) {
        let names = indexes.iter().filter_map(|index| index.name.as_ref());
        self.check_each(names, Target::Postgres, "an index");
    }

    fn fields(&mut self, fields: &[Field]) {
        self.check_each(fields.iter().map(|field| &field.name), Target::ProtobufField, "a field");
    }

    fn rpc(&mut self, register: &Register, rpc: &crate::semantic::model::Rpc) {
        // A name that is derived from an entity is as legal as the entity, which is reported by itself.
        let entity = rpc.table.and_then(|table| register.tables[table].entity.as_ref());
        let from_illegal =
            entity.is_some_and(|entity| check_name(entity.as_str(), Target::ProtobufType).is_err());
        if !from_illegal {
            self.check(&rpc.name, &[Target::ProtobufMethod], "an RPC");
        }
        if let RpcKind::Custom { request, response, .. } = &rpc.kind {
            self.fields(request);
            self.fields(response);
        }
    }
}
