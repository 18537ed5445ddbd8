//! How do thousands of rows get into a table in one statement?
//!
//! A list of VALUES has a parameter for each cell, and making, planning and keeping such statements takes longer, and more
//! memory, than storing the rows. So PostgreSQL gets one array for each column, taken apart by UNNEST, and SQLite one
//! JSON text, taken apart by `json_each`. Arrays go as PostgreSQL's text of them, because the driver's know no NULL.

use chrono::SecondsFormat;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DatabaseTransaction, DbBackend, EntityName, EntityTrait,
    IdenStatic, Iterable, Statement, Value,
};

/// From so many rows on it pays.
pub const MANY: usize = 50;
/// Rows of one statement.
const ROWS_MAX: usize = 5_000;

/// Inserts the rows; gives them back when a column is of a type that is not written here.
pub async fn insert<A>(txn: &DatabaseTransaction, rows: Vec<A>) -> Result<Option<Vec<A>>, sea_orm::DbErr>
where
    A: ActiveModelTrait,
{
    let backend = txn.get_database_backend();
    let mut statements = Vec::new();
    for chunk in rows.chunks(ROWS_MAX) {
        let statement = match backend {
            DbBackend::Postgres => arrays(chunk),
            DbBackend::Sqlite => json(chunk),
            _ => None,
        };
        match statement {
            Some(statement) => statements.push(statement),
            None => return Ok(Some(rows)),
        }
    }
    for statement in statements {
        txn.execute_raw(statement).await?;
    }
    Ok(None)
}

fn columns<A: ActiveModelTrait>() -> Vec<<A::Entity as EntityTrait>::Column> {
    <A::Entity as EntityTrait>::Column::iter().collect()
}

/// `INSERT INTO "table" ("column", …) SELECT …`
fn insert_into<A: ActiveModelTrait>(select: &str) -> String {
    let names: Vec<String> = columns::<A>().iter().map(|column| format!("\"{}\"", column.as_str())).collect();
    format!("INSERT INTO \"{}\" ({}) SELECT {select}", A::Entity::default().table_name(), names.join(", "))
}

fn value_of<A: ActiveModelTrait>(row: &A, column: <A::Entity as EntityTrait>::Column) -> Option<Value> {
    match row.get(column) {
        ActiveValue::Set(value) | ActiveValue::Unchanged(value) => Some(value),
        ActiveValue::NotSet => None,
    }
}

/// One array for each column.
fn arrays<A: ActiveModelTrait>(rows: &[A]) -> Option<Statement> {
    let (mut casts, mut values) = (Vec::new(), Vec::<Value>::new());
    for (place, column) in columns::<A>().into_iter().enumerate() {
        let (mut array, mut kind) = (String::from("{"), None);
        for row in rows {
            let value = value_of(row, column)?;
            kind = Some(type_of(&value)?);
            push_element(&mut array, &value)?;
            array.push(',');
        }
        if array.ends_with(',') {
            array.pop();
        }
        array.push('}');
        casts.push(format!("CAST(${} AS {}[])", place.saturating_add(1), kind?));
        values.push(array.into());
    }
    let sql = insert_into::<A>(&format!("* FROM UNNEST({})", casts.join(", ")));
    Some(Statement::from_sql_and_values(DbBackend::Postgres, sql, values))
}

/// One JSON array of rows.
fn json<A: ActiveModelTrait>(rows: &[A]) -> Option<Statement> {
    let columns = columns::<A>();
    let first = rows.first()?;
    let mut picks = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        picks.push(match value_of(first, *column)? {
            Value::Uuid(_) => format!("unhex(value ->> {place})"),
            _ => format!("value ->> {place}"),
        });
    }
    let mut text = String::from("[");
    for row in rows {
        text.push('[');
        for column in &columns {
            push_json(&mut text, &value_of(row, *column)?)?;
            text.push(',');
        }
        if text.ends_with(',') {
            text.pop();
        }
        text.push_str("],");
    }
    if text.ends_with(',') {
        text.pop();
    }
    text.push(']');
    let sql = insert_into::<A>(&format!("{} FROM json_each(?)", picks.join(", ")));
    Some(Statement::from_sql_and_values(DbBackend::Sqlite, sql, [text.into()]))
}

/// PostgreSQL's name of the type; a NULL knows its own too.
const fn type_of(value: &Value) -> Option<&'static str> {
    match value {
        Value::Bool(_) => Some("bool"),
        Value::Int(_) => Some("int4"),
        Value::BigInt(_) => Some("int8"),
        Value::String(_) => Some("text"),
        Value::Uuid(_) => Some("uuid"),
        Value::ChronoDate(_) => Some("date"),
        Value::ChronoDateTimeUtc(_) => Some("timestamptz"),
        _ => None,
    }
}

/// What a value is in both texts, if it is one without quotes.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Bool(Some(yes)) => Some(yes.to_string()),
        Value::Int(Some(number)) => Some(number.to_string()),
        Value::BigInt(Some(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// Writes an element of an array as PostgreSQL reads it.
fn push_element(array: &mut String, value: &Value) -> Option<()> {
    match value {
        Value::String(Some(text)) => quote(array, text),
        Value::Uuid(Some(id)) => array.push_str(&id.to_string()),
        Value::ChronoDate(Some(day)) => quote(array, &day.to_string()),
        Value::ChronoDateTimeUtc(Some(instant)) => quote(array, &instant.to_rfc3339()),
        _ => array.push_str(&plain(value).or_else(|| null(value, "NULL"))?),
    }
    Some(())
}

/// Writes a value as SQLite keeps it: an id as the digits of its bytes, an instant as the driver writes it.
fn push_json(text: &mut String, value: &Value) -> Option<()> {
    match value {
        Value::String(Some(string)) => text.push_str(&serde_json::to_string(string).ok()?),
        Value::Uuid(Some(id)) => text.push_str(&format!("\"{}\"", id.simple())),
        Value::ChronoDate(Some(day)) => text.push_str(&format!("\"{day}\"")),
        Value::ChronoDateTimeUtc(Some(instant)) => {
            text.push_str(&format!("\"{}\"", instant.to_rfc3339_opts(SecondsFormat::AutoSi, false)));
        }
        _ => text.push_str(&plain(value).or_else(|| null(value, "null"))?),
    }
    Some(())
}

fn null(value: &Value, name: &str) -> Option<String> {
    (type_of(value).is_some()).then(|| name.to_owned())
}

/// In quotes nothing has a meaning but quotes and backslashes.
fn quote(array: &mut String, text: &str) {
    array.push('"');
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            array.push('\\');
        }
        array.push(letter);
    }
    array.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(value: impl Into<Value>) -> String {
        let mut array = String::new();
        push_element(&mut array, &value.into()).unwrap();
        array
    }

    fn in_json(value: impl Into<Value>) -> String {
        let mut text = String::new();
        push_json(&mut text, &value.into()).unwrap();
        text
    }

    #[test]
    fn elements_are_written_as_postgresql_reads_them() {
        assert_eq!(element("NULL"), "\"NULL\"");
        assert_eq!(element(r#"a "b" \ {c,d}"#), r#""a \"b\" \\ {c,d}""#);
        assert_eq!(element(Option::<String>::None), "NULL");
        assert_eq!((element(true), element(-7_i64), element(7_i32)), ("true".into(), "-7".into(), "7".into()));
        assert_eq!(element(chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()), "\"2026-11-23\"");
    }

    #[test]
    fn values_are_written_as_sqlite_keeps_them() {
        assert_eq!(in_json("a \"b\" \\ \n"), r#""a \"b\" \\ \n""#);
        assert_eq!((in_json(Option::<i64>::None), in_json(false)), ("null".to_owned(), "false".to_owned()));
        assert_eq!(in_json(uuid::Uuid::from_u128(255)), format!("\"{:032x}\"", 255));
        assert_eq!(in_json(chrono::DateTime::UNIX_EPOCH), "\"1970-01-01T00:00:00+00:00\"");
    }

    #[test]
    fn other_types_are_left_to_the_usual_way() {
        let bytes = Value::Bytes(None);
        let written = (push_element(&mut String::new(), &bytes), push_json(&mut String::new(), &bytes));
        assert_eq!((type_of(&bytes), written), (None, (None, None)));
    }
}
