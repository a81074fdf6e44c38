//! What the columns of a row mean: JSON, words, times.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value as the JSON text that a column holds.
///
/// # Errors
/// Where it can't be written as JSON.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// The same for a value that may be absent.
///
/// # Errors
/// As [`to_json`].
pub fn to_optional_json<T: Serialize>(value: Option<&T>) -> rusqlite::Result<Option<String>> {
    value.map(to_json).transpose()
}

/// A column that holds JSON.
///
/// # Errors
/// Where it holds something else.
pub fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(&row.get::<_, String>(column)?).map_err(|error| unreadable(column, error))
}

/// A column that holds JSON or nothing.
///
/// # Errors
/// Where it holds something else.
pub fn optional_json<T: DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<T>> {
    row.get::<_, Option<String>>(column)?
        .map(|_| json(row, column))
        .transpose()
}

/// A column that holds a word or nothing.
///
/// # Errors
/// Where the word isn't known.
pub fn optional_word<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    row.get::<_, Option<String>>(column)?
        .map(|_| word(row, column))
        .transpose()
}

/// A column that holds a word.
///
/// # Errors
/// Where the word isn't known.
pub fn word<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text: String = row.get(column)?;
    text.parse()
        .map_err(|error: T::Err| unreadable(column, std::io::Error::other(error.to_string())))
}

/// Now, as a column that holds a time keeps it: milliseconds since 1970 in UTC.
#[must_use]
pub fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// A column that holds a time.
///
/// # Errors
/// Where it holds something else.
pub fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    optional_time(row, column).map(|time| time.unwrap_or(Timestamp::UNIX_EPOCH))
}

/// A column that holds a time or nothing.
///
/// # Errors
/// Where it holds something else.
pub fn optional_time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let milliseconds: Option<i64> = row.get(column)?;
    milliseconds
        .map(|milliseconds| {
            Timestamp::from_millisecond(milliseconds).map_err(|error| unreadable(column, error))
        })
        .transpose()
}

/// The error for a column that holds what it shouldn't.
pub fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
