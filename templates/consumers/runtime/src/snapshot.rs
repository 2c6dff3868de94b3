//! Giving all rows of a table page by page, for those who keep copies of it.

use crate::database::Failure;
use crate::row::RowError;
use sqlx::Row;
use sqlx::postgres::PgRow;
use tonic::Status;

/// How many rows a page has.
pub fn page_size(asked: i32, most: i64) -> i64 {
    let asked = i64::from(asked);
    if (1..=most).contains(&asked) { asked } else { most }
}

/// The key behind which a page begins, from its token: of the first page there is none.
///
/// # Errors
/// It is no token.
pub fn key<const PARTS: usize>(token: &str) -> Result<Option<[String; PARTS]>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    let parts: Option<Vec<String>> = serde_json::from_str(token).ok();
    let key = parts.and_then(|parts| <[String; PARTS]>::try_from(parts).ok());
    key.map(Some).ok_or_else(|| Status::invalid_argument("page_token is none that was given"))
}

/// The token of the next page, from the last row of this one, whose first columns are its key as texts. Empty where there is no
/// next page.
///
/// # Errors
/// The row has no such columns.
pub fn next_token<const PARTS: usize>(rows: &[PgRow], size: i64) -> Result<String, Status> {
    match rows.last() {
        Some(last) if i64::try_from(rows.len()) == Ok(size) => {
            let parts: Result<Vec<String>, sqlx::Error> = (0..PARTS).map(|place| last.try_get(place)).collect();
            Ok(serde_json::json!(parts.map_err(refused)?).to_string())
        }
        _ => Ok(String::new()),
    }
}

/// The answer where a page could not be read.
pub fn refused(error: sqlx::Error) -> Status {
    let code = error.as_database_error().and_then(|error| error.code());
    // Data exceptions: the token holds what is no key. Nothing else of the query comes from the caller.
    if code.is_some_and(|code| code.starts_with("22")) {
        return Status::invalid_argument("page_token is none that was given");
    }
    tracing::warn!(error = %error, "a page of a snapshot cannot be read");
    match Failure::of(&error) {
        Failure::Away | Failure::Conflict => Status::unavailable("the database cannot be asked now"),
        Failure::Refused => Status::internal("the database refused the query"),
    }
}

/// The answer where a row cannot be sent.
pub fn unsendable(error: RowError) -> Status {
    match error {
        RowError::Database(error) => refused(error),
        error @ RowError::Unsendable { .. } => {
            tracing::error!(error = %error, "a row cannot be sent, so no copy can be filled");
            Status::failed_precondition(error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_as_large_as_asked_within_limits() {
        assert_eq!([0, -1, 1, 1000, 1001].map(|asked| page_size(asked, 1000)), [1000, 1000, 1, 1000, 1000]);
    }

    #[test]
    fn a_token_is_a_key_or_refused() {
        assert_eq!(key::<1>("").unwrap(), None);
        assert_eq!(key::<2>(r#"["a","b"]"#).unwrap(), Some(["a".to_owned(), "b".to_owned()]));
        for token in ["x", "[]", r#"["a"]"#, r#"["a","b","c"]"#, r#"["a",1]"#] {
            assert_eq!(key::<2>(token).unwrap_err().code(), tonic::Code::InvalidArgument, "{token}");
        }
    }
}
