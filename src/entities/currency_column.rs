//! How a currency stands in a column: its ISO 4217 code. Anything else in the column is an error, never a default.

use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr};
use sea_orm::{ColIdx, DbErr, QueryResult, TryGetError, TryGetable, Value};

use crate::domain::money::Currency;

impl From<Currency> for Value {
    fn from(currency: Currency) -> Self {
        Value::from(currency.code())
    }
}

impl TryGetable for Currency {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        let code = <String as TryGetable>::try_get_by(row, index)?;
        Currency::parse(&code).map_err(|error| TryGetError::DbErr(DbErr::Type(error.to_string())))
    }
}

impl ValueType for Currency {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        let code = <String as ValueType>::try_from(value)?;
        Currency::parse(&code).map_err(|_| ValueTypeErr)
    }

    fn type_name() -> String {
        "Currency".to_owned()
    }

    fn array_type() -> ArrayType {
        ArrayType::String
    }

    fn column_type() -> ColumnType {
        ColumnType::Char(Some(3))
    }
}

impl Nullable for Currency {
    fn null() -> Value {
        Value::String(None)
    }
}
