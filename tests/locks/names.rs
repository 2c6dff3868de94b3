//! Names outside the register: frozen, followed through renames, and never given to something else.

use freehold::lock::{LockChange, NameKind};
use freehold::session::{self, Checked, Selection};
use freehold::source::Memory;
use freehold::templates::Templates;
use std::collections::BTreeMap;
use std::path::Path;

const REGISTER: &str = "\
team everyone
server main class=db.t3.small storage-gb=20
service identity team=everyone {
    summary \"Accounts\"
    database nova_identity on=main
    table users entity=User { column id uuid; primary-key id }
    topic identity.user of=users key=id { event UserDeleted when=deleted }
}
service feed team=everyone {
    summary \"Posts\"
    database nova_feed on=main
    consumes identity.UserDeleted
}
";

/// A register on its way through edits, with its locks.
struct Story {
    files: Memory,
    register: String,
}

impl Story {
    fn new() -> Story {
        let mut story = Story { files: Memory::default(), register: REGISTER.to_owned() };
        story.build();
        story
    }

    fn edit(&mut self, from: &str, to: &str) -> &mut Story {
        assert!(self.register.contains(from), "{from}");
        self.register = self.register.replace(from, to);
        self
    }

    fn check(&mut self) -> Checked {
        self.files.insert("model.kdl", self.register.as_str());
        session::check(&self.files, Path::new("model.kdl"), None, &mut |_| {})
    }

    /// Builds, as far as locks go.
    fn build(&mut self) -> (Checked, Vec<LockChange>) {
        let checked = self.check();
        assert!(!checked.has_errors(), "{:#?}", checked.findings);
        let changes = checked.locks.changes();
        for change in &changes {
            match &change.after {
                Some(text) => self.files.insert(change.owner.path(), text.as_str()),
                None => self.files.remove(Path::new(&change.owner.path())),
            }
        }
        assert_eq!(self.check().locks.changes(), [], "a second build has nothing to do");
        (checked, changes)
    }

    /// Builds, with the numbers of Protobuf.
    fn build_all(&mut self) -> (Checked, Vec<LockChange>) {
        let checked = self.check();
        assert!(!checked.has_errors(), "{:#?}", checked.findings);
        let templates = Templates::new(&BTreeMap::new()).unwrap();
        let generated = session::generate(
            &checked.register,
            &checked.locks,
            &templates,
            &Selection::default(),
            &mut |_| {},
        );
        let changes = generated.unwrap().locks;
        for change in &changes {
            if let Some(text) = &change.after {
                self.files.insert(change.owner.path(), text.as_str());
            }
        }
        (checked, changes)
    }

    fn refusals(&mut self) -> Vec<String> {
        let findings = self.check().findings;
        let taken = findings.into_iter().filter(|finding| finding.rule == "name-taken-on-the-wire");
        taken.map(|finding| format!("{}; {}", finding.message, finding.help.unwrap_or_default())).collect()
    }
}

fn frozen(checked: &Checked, service: &str, kind: NameKind, key: &str) -> String {
    checked.locks.service(service).frozen_name(kind, key).to_owned()
}

#[test]
fn a_renamed_thing_keeps_its_name() {
    let mut story = Story::new();
    story.edit("database nova_identity", "database nova_account was=nova_identity");
    story.edit("topic identity.user", "topic account.user was=identity.user");
    let (checked, _) = story.build();
    assert_eq!(frozen(&checked, "identity", NameKind::Database, "nova_account"), "nova_identity");
    assert_eq!(frozen(&checked, "identity", NameKind::Topic, "account.user"), "identity.user");
    // It stays so once `was=` is gone, and through a second rename.
    story.edit(" was=nova_identity", "").edit(" was=identity.user", "");
    let (checked, changes) = story.build();
    assert_eq!(changes, []);
    assert_eq!(frozen(&checked, "identity", NameKind::Topic, "account.user"), "identity.user");
    story.edit("topic account.user", "topic person was=account.user");
    let (checked, _) = story.build();
    assert_eq!(frozen(&checked, "identity", NameKind::Topic, "person"), "identity.user");
}

#[test]
fn a_renamed_service_takes_its_lock_along() {
    let mut story = Story::new();
    story.edit("service feed", "service timeline was=feed");
    let before = story.files.clone();
    let (checked, changes) = story.build();
    let paths: Vec<(String, bool)> =
        changes.iter().map(|change| (change.owner.path(), change.after.is_some())).collect();
    assert_eq!(paths, [("lock/feed.kdl".to_owned(), false), ("lock/timeline.kdl".to_owned(), true)]);
    assert_eq!(frozen(&checked, "timeline", NameKind::Group, "timeline"), "feed");
    // A build that was cut off between the two leaves both: the next one ends what it began.
    let mut both = Story { files: story.files.clone(), register: story.register.clone() };
    let old = freehold::source::FileSystem::read(&before, Path::new("lock/feed.kdl")).expect("it was there");
    both.files.insert("lock/feed.kdl", old);
    let (checked, changes) = both.build();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].after, None);
    assert_eq!(frozen(&checked, "timeline", NameKind::Group, "timeline"), "feed");
}

#[test]
fn what_a_service_left_behind_is_given_to_nobody() {
    let mut story = Story::new();
    story.edit("service feed", "service timeline");
    let refusals = story.refusals();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(
        refusals[0]
            .starts_with("`nova_feed` is known as a database of service `feed` that is no longer there"),
        "{refusals:?}"
    );
    assert!(
        refusals[0].contains("remove the line `database nova_feed` from `lock/feed.kdl`"),
        "{refusals:?}"
    );
    story.edit("nova_feed", "nova_timeline");
    story.build();
    assert!(
        freehold::source::FileSystem::read(&story.files, Path::new("lock/feed.kdl")).is_ok(),
        "its lock stays"
    );
    // It comes back and is what it was.
    story.edit("service timeline", "service feed").edit("nova_timeline", "nova_feed");
    let (_, changes) = story.build();
    assert_eq!(changes, []);
}

#[test]
fn a_name_that_was_renamed_away_is_still_taken() {
    let mut story = Story::new();
    story.edit("topic identity.user", "topic account.user was=identity.user");
    story.build();
    story.edit("topic account.user was=identity.user", "topic account.user");
    story.edit(
        "event UserDeleted when=deleted }\n",
        "event UserDeleted when=deleted }\n    table more entity=More { column id uuid; primary-key id }\n    topic \
         identity.user of=more key=id { event MoreDeleted when=deleted }\n",
    );
    let refusals = story.refusals();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(
        refusals[0].contains(
            "`identity.user` is known as the topic of service `identity` that is called `account.user` by now"
        ),
        "{refusals:?}"
    );
}

#[test]
fn a_name_of_what_was_removed_does_not_go_to_something_else_by_a_rename() {
    let both = "table users entity=User { column id uuid; primary-key id }";
    let gone = "enum state open done\n    table people entity=Person { column id uuid; column state state; primary-key id }";
    let mut story = Story::new();
    story.edit(both, &format!("{both}\n    {gone}\n    api {{ get people; get users }}\n    topic identity.person of=people key=id {{ event PersonGone when=deleted }}"));
    let (_, changes) = story.build_all();
    assert!(!changes.is_empty());
    let all = story.register.clone();
    // The people are gone, and users are called people from now on.
    story.edit(&format!("\n    {gone}"), "");
    story.edit("get people; get users", "get people");
    story.edit("\n    topic identity.person of=people key=id { event PersonGone when=deleted }", "");
    story.edit("table users entity=User", "table people was=users entity=User");
    story.edit("identity.user of=users", "identity.person was=identity.user of=people");
    let refusals = story.refusals();
    let known = |new: &str, old: &str| format!("the lock knows `{new}` and `{old}` as two things");
    for (new, old) in [("people", "users"), ("identity.person", "identity.user")] {
        assert!(refusals.iter().any(|refusal| refusal.starts_with(&known(new, old))), "{new}: {refusals:?}");
    }
    // Another name is free, also once the rename was built.
    story.register = all;
    story.edit("table users entity=User", "table members was=users entity=User");
    story.edit("of=users", "of=members");
    story.edit("get users", "get members");
    story.build_all();
    assert_eq!(story.refusals(), [""; 0]);
}

#[test]
fn a_package_is_of_one_service_for_ever() {
    let mut story = Story::new();
    story.edit("service feed", "service timeline was=feed");
    let (checked, _) = story.build();
    assert_eq!(frozen(&checked, "timeline", NameKind::Package, "timeline"), "feed");
    story.register.push_str("service feed team=everyone { summary \"Another\" }\n");
    story.edit(" was=feed", "");
    let refusals = story.refusals();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(refusals[0].starts_with("`feed` is known as the package of service `timeline`"), "{refusals:?}");
}

#[test]
fn servers_are_frozen_without_a_service() {
    let mut story = Story::new();
    story.edit("server main ", "server first was=main ").edit("on=main", "on=first");
    let (_, changes) = story.build();
    let [change] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!(change.owner.path(), "lock/_platform.kdl");
    assert!(
        change
            .after
            .as_deref()
            .is_some_and(|text| text.ends_with("platform {\n    server first as=main\n}\n"))
    );
}

#[test]
fn a_service_may_be_called_platform() {
    let mut story = Story::new();
    story.edit("service feed", "service platform was=feed");
    let (checked, _) = story.build();
    assert_eq!(frozen(&checked, "platform", NameKind::Group, "platform"), "feed");
}
