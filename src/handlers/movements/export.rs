//! The export of account movements: CSV goes out while it is read, a workbook when it is complete.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use actix_web::http::header::{ACCEPT_LANGUAGE, CONTENT_DISPOSITION, CONTENT_LANGUAGE, VARY};
use actix_web::{HttpRequest, HttpResponse, get, web};
use futures_util::stream::{self, Stream};
use tokio::sync::OwnedSemaphorePermit;

use super::query::{ExportFormat, ExportQuery, MovementSort};
use crate::access::require::{ReadMovements, Require};
use crate::error::{Code, Error};
use crate::handlers::answer::Answered;
use crate::handlers::extract::Query;
use crate::handlers::labels;
use crate::handlers::problem::lang::Lang;
use crate::services::movements::export::{self, Source, Wording, csv, xlsx};
use crate::state::AppState;
use crate::views::movements::AppliedFilters;

/// Seconds after which one that found no place may try again.
const RETRY_AFTER_S: u32 = 10;
/// What is read of a finished file at a time.
const PIECE: usize = 64 * 1024;

/// Export account movements
///
/// The filters and orders of the list, without its pages. Heads, labels and decimals follow `Accept-Language`: German CSV
/// has semicolons, decimal commas and a byte order mark, as Excel expects; English CSV is RFC 4180 without a mark. A text
/// that a spreadsheet would compute begins with an apostrophe. A transfer that breaks off was no complete file. Four workbooks
/// are made at the same time; one more is 429.
#[utoipa::path(get, path = "/v1/account-movements/export", tag = "Account movements", operation_id = "account_movement_export", params(ExportQuery),
    responses((status = 200, content(
        (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ), headers(("Content-Disposition" = String, description = "The name of the file."), ("Content-Language" = String, description = "`de` or `en`.")))),
    security(("bearer" = ["movements.read"])))]
#[get("/v1/account-movements/export")]
pub async fn download(
    state: web::Data<AppState>,
    request: HttpRequest,
    caller: Require<ReadMovements>,
    query: Query<ExportQuery>,
) -> Answered {
    let (applied, lang) = (query.applied(), Lang::of(&request));
    let order = query.sort.unwrap_or(MovementSort::Newest).order();
    let source = Source::new(state.db.clone(), applied.filter()?, order);
    let names = given(&applied)?;
    state.db.write(async |txn| export::record(txn, &caller, (query.format.as_str(), &names)).await).await?;
    let name = format!("{}-{}", lang.pick(("account-movements", "kontobewegungen")), caller.today());
    match query.format {
        ExportFormat::Csv => {
            let pieces = csv::pieces(source, wording(lang)).await?;
            Ok(attachment(lang, ("text/csv; charset=utf-8", format!("{name}.csv")), bytes(pieces)))
        }
        ExportFormat::Xlsx => {
            let full = |_| Error::new(Code::RateLimited).with("limit", xlsx::AT_ONCE).retry_after(RETRY_AFTER_S);
            let place = Arc::clone(&state.workbooks).try_acquire_owned().map_err(full)?;
            let file = xlsx::file(source, wording(lang), state.config.data_dir.clone()).await?;
            let media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            Ok(attachment(lang, (media, format!("{name}.xlsx")), bytes(read((file, place)))))
        }
    }
}

/// The names of the filters that were given, without what they look for.
fn given(applied: &AppliedFilters) -> Result<Vec<String>, Error> {
    let shown = serde_json::to_value(applied).map_err(Error::internal)?;
    let members = shown.as_object().into_iter().flatten();
    Ok(members.filter(|(_, value)| !value.is_null()).map(|(name, _)| name.clone()).collect())
}

fn wording(lang: Lang) -> Wording {
    let of_list = |list: labels::EnumLabels| {
        let values = list.values.into_iter();
        (list.name, values.map(|value| (value.code, lang.pick((value.label.en, value.label.de)))).collect())
    };
    Wording {
        pick: Arc::new(move |words| lang.pick(words)),
        labels: labels::all().into_iter().map(of_list).collect(),
        for_german_excel: lang == Lang::De,
    }
}

fn attachment(
    lang: Lang,
    (media, name): (&'static str, String),
    body: impl Stream<Item = Result<web::Bytes, Error>> + 'static,
) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(media)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"; filename*=UTF-8''{name}")))
        .insert_header((CONTENT_LANGUAGE, lang.tag()))
        .insert_header((VARY, ACCEPT_LANGUAGE.as_str()))
        .streaming(body)
}

fn bytes(
    pieces: impl Stream<Item = Result<Vec<u8>, Error>> + 'static,
) -> impl Stream<Item = Result<web::Bytes, Error>> + 'static {
    futures_util::StreamExt::map(pieces, |piece| piece.map(web::Bytes::from))
}

/// A file in pieces, read beside the threads of requests. Its place is free again when the last one is sent.
fn read(made: (File, OwnedSemaphorePermit)) -> impl Stream<Item = Result<Vec<u8>, Error>> + 'static {
    stream::try_unfold(made, async |(mut file, place): (File, OwnedSemaphorePermit)| {
        let read = move || {
            let mut piece = vec![0; PIECE];
            let length = file.read(&mut piece)?;
            piece.truncate(length);
            Ok::<_, std::io::Error>((piece, file))
        };
        let (piece, file) = web::block(read).await.map_err(Error::internal)?.map_err(Error::internal)?;
        Ok(Some((piece, (file, place))).filter(|(piece, _)| !piece.is_empty()))
    })
}
