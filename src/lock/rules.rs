//! What reading locks, and holding a register against them, can find, with the pages that explain it.

/// A rule of locks. It cannot be allowed or switched off: without its lock nothing is known of what a register may change.
#[derive(Clone, Copy, Debug)]
pub struct LockRule {
    /// Its name, as findings have it.
    pub name: &'static str,
    /// What it finds, why that is bad, and how to mend it, in Markdown.
    pub page: &'static str,
}

pub(super) const CONFLICT: &str = "lock-conflict";
pub(super) const DAMAGED: &str = "lock-damaged";
pub(super) const NEWER: &str = "lock-newer";
pub(super) const TAKEN: &str = "name-taken-on-the-wire";

/// Every rule of locks, by name.
pub const RULES: &[LockRule] = &[
    LockRule {
        name: CONFLICT,
        page: "\
## What it does

Reports a lock in which a merge left its marks: two branches changed the same lines of it, as they do when both add a
field to the same message.

## Why it is bad

Both branches gave the same number to different things. Only one of them can keep it.

## How to mend it

Take the whole file as it is on the branch that is merged into, usually the default branch, whose numbers others may use
already. Then run `freehold build`: what the other branch adds gets the next free numbers.

```text
git checkout main -- model/lock/identity.kdl
freehold build
```
",
    },
    LockRule {
        name: DAMAGED,
        page: "\
## What it does

Reports a lock that does not say for certain which numbers and names are taken: a line that cannot be read, a number
that stands twice or is missing below the next one, the lock of another service.

## Why it is bad

Numbers of fields and names on the wire must never be used for something else. A lock with a mistake in it would let
that happen in silence, so nothing is built, and the file is left as it is.

## How to mend it

Restore the file from version control and run `freehold build`. Nobody edits a lock; where a merge did this, take the
whole file of the branch that is merged into, and build again.
",
    },
    LockRule {
        name: NEWER,
        page: "\
## What it does

Reports a lock in a format that this version of freehold does not know.

## Why it is bad

It may hold numbers that would be given a second time. Nothing is built, and the file is left as it is.

## How to mend it

Run the version of freehold that wrote the file, or a newer one.
",
    },
    LockRule {
        name: TAKEN,
        page: "\
## What it does

Reports a topic, consumer group, database, bucket, server or Protobuf package whose name outside the register belongs to something
else: to one that was renamed with `was=` and keeps the name, or to one that was removed. And a `was=` from one name that the
lock knows to another one that it knows: to a table, enum, RPC, event or topic that was removed, whose numbers and names would
go to something else.

## Why it is bad

Programs that know the name would meet something else under it: old messages in a topic, offsets of another consumer
group, the tables of another service.

## How to mend it

Choose another name. Where it is the same thing under a new name in the register, say so with `was=`. Where nothing uses
the name any more, or the thing was moved here on purpose, remove its line from the lock that holds it; the lock of a
service that is gone for good can be removed as a whole.
",
    },
];
