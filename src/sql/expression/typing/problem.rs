//! What PostgreSQL would refuse.

/// Why PostgreSQL refuses an expression, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeProblem {
    /// What kind of problem it is.
    pub kind: ProblemKind,
    /// In words.
    pub message: String,
    /// The byte of the text where it is.
    pub offset: usize,
    /// How many bytes of the text it takes.
    pub length: usize,
    /// How to mend it, where that is clear.
    pub help: Option<String>,
}

/// What kind of problem one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// There is no function of this name.
    UnknownFunction(String),
    /// An enum has no such value: its number in the service, and the value.
    UnknownValue(usize, String),
    /// What the whole expression gives is not what is wanted where it stands.
    WrongResult,
    /// It may give another result at another time; the message names what does.
    Changes,
    /// Anything else.
    Other,
}
