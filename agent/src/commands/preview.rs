//! `syncapp preview`: source rows and mapped rows, side by side. Writes nothing.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use indexmap::IndexMap;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use syncapp_engine::{Preview, Refused, RunOptions, StreamPlan, plan};
use syncapp_model::{DataType, Error, Result, Scalar};

use crate::args;
use crate::failure::{Exit, Failure};
use crate::output;
use crate::project::Project;

/// How many rows that would be set aside are told by name.
const TOLD: usize = 10;
/// How much of a value is shown in a table.
const WIDTH: usize = 40;

pub(crate) async fn preview(args: args::Preview) -> Result<Exit, Failure> {
    let project = Project::open(&args.file).await?;
    let (name, sync) = project.sync(Some(&args.sync))?;
    let ends = project.ends(sync)?;
    let options = RunOptions {
        streams: vec![args.stream],
        mask_key: project.mask_key()?,
        ..RunOptions::default()
    };
    let plan = plan(&ends, &project.name, name, sync, &options)
        .await
        .map_err(|problems| {
            project.failure(
                problems
                    .into_iter()
                    .map(|problem| project.locate(name, problem))
                    .collect(),
            )
        })?;
    if !plan.failed.is_empty() {
        return Err(project.failure(
            plan.failed
                .into_iter()
                .map(|(_, error)| project.locate(name, error))
                .collect(),
        ));
    }
    for stream in &plan.streams {
        let preview = syncapp_engine::preview(&ends, stream, &options, args.limit).await?;
        if args.json {
            output::json(&previewed(stream, &preview)?)?;
        } else {
            output::line(&format!("{} (source)", output::printable(&stream.key.stream)));
            show(&preview.source)?;
            output::line(&format!("\n{} (mapped)", output::printable(&stream.target.to_string())));
            show(&preview.mapped)?;
            tell(&preview);
        }
    }
    Ok(Exit::Done)
}

/// A preview as JSON.
pub(crate) fn previewed(stream: &StreamPlan, preview: &Preview) -> Result<Value> {
    let side = |batches: &[RecordBatch]| -> Result<Vec<Value>> {
        batches
            .iter()
            .map(objects)
            .collect::<Result<Vec<_>>>()
            .map(|rows| rows.concat())
    };
    let read = stream.spec.columns.iter().map(|column| (&column.name, &column.ty));
    let lands = stream.mapping.columns().iter().map(|column| (&column.name, &column.ty));
    Ok(json!({
        "stream": stream.key.stream, "target": stream.target.to_string(),
        "source": side(&preview.source)?, "mapped": side(&preview.mapped)?, "origins": preview.origins,
        "types": { "source": types(read), "mapped": types(lands) },
        "rejected": preview.rejected, "nulled": preview.nulled,
        "rejects": preview.rejects.iter().map(reason).collect::<Vec<_>>(),
    }))
}

/// Each column with the type of its values.
fn types<'a>(columns: impl Iterator<Item = (&'a String, &'a DataType)>) -> Value {
    let told = columns.map(|(name, ty)| (name.clone(), Value::String(ty.to_string())));
    Value::Object(told.collect())
}

/// Which row would be set aside, why, and what to do about it.
fn reason(Refused { origin, reject, help }: &Refused) -> Value {
    json!({
        "origin": origin, "code": reject.code, "column": reject.column, "message": reject.message, "help": help,
        "row_key": reject.row_key.as_deref().map(cells), "row": cells(&reject.row),
    })
}

/// A row or a key that is kept as JSON, with each of its values as text: no digit is lost on its way.
pub(crate) fn cells(kept: &str) -> Value {
    if let Ok(cells) = serde_json::from_str::<Vec<&RawValue>>(kept) {
        return cells.into_iter().map(text).collect();
    }
    match serde_json::from_str::<IndexMap<String, &RawValue>>(kept) {
        Ok(cells) => Value::Object(cells.into_iter().map(|(name, cell)| (name, text(cell))).collect()),
        Err(_) => Value::String(kept.to_owned()),
    }
}

fn text(cell: &RawValue) -> Value {
    match serde_json::from_str(cell.get()) {
        Ok(value @ (Value::Null | Value::String(_))) => value,
        _ => Value::String(cell.get().to_owned()),
    }
}

/// Tells of what would not land as it is.
fn tell(preview: &Preview) {
    let Preview { rejected, nulled, .. } = preview;
    if *nulled > 0 {
        output::line(&format!("\nvalues that would become NULL: {}", output::count(*nulled)));
    }
    if *rejected == 0 {
        return;
    }
    output::line(&format!("\nrows that would be set aside: {}", output::count(*rejected)));
    let told = &preview.rejects[..preview.rejects.len().min(TOLD)];
    for Refused { reject, .. } in told {
        let column = reject.column.as_ref().map(|column| format!(" in `{column}`"));
        let told = format!("  {}{}: {}", reject.code, column.unwrap_or_default(), reject.message);
        output::line(&output::printable(&told));
    }
    let more = rejected - told.len() as u64;
    if more > 0 {
        output::line(&format!("  and {} more", output::count(more)));
    }
}

fn show(batches: &[RecordBatch]) -> Result<()> {
    let Some(first) = batches.first() else {
        output::line("  no rows");
        return Ok(());
    };
    let names: Vec<String> = first
        .schema()
        .fields()
        .iter()
        .map(|field| output::printable(field.name()))
        .collect();
    let mut rows = Vec::new();
    for batch in batches {
        for row in texts(batch)? {
            rows.push(
                row.into_iter()
                    .map(|cell| short(&cell.unwrap_or_else(|| "NULL".into())))
                    .collect(),
            );
        }
    }
    output::table(&names.iter().map(String::as_str).collect::<Vec<_>>(), rows);
    Ok(())
}

fn short(text: &str) -> String {
    let one_line = text.replace(['\n', '\r', '\t'], " ");
    if one_line.chars().count() <= WIDTH {
        return one_line;
    }
    one_line.chars().take(WIDTH - 1).chain(['…']).collect()
}

/// Rows as objects of texts: numbers keep every digit.
fn objects(batch: &RecordBatch) -> Result<Vec<Value>> {
    let schema = batch.schema();
    let named = |row: Vec<Option<String>>| {
        let cells = row.into_iter().zip(schema.fields());
        Value::Object(
            cells
                .map(|(cell, field)| (field.name().clone(), cell.map_or(Value::Null, Value::String)))
                .collect::<Map<_, _>>(),
        )
    };
    Ok(texts(batch)?.into_iter().map(named).collect())
}

/// Each row's values as text; `None` is NULL.
pub(crate) fn texts(batch: &RecordBatch) -> Result<Vec<Vec<Option<String>>>> {
    let options = FormatOptions::default();
    let failed = |problem: arrow_schema::ArrowError| Error::internal(problem.to_string());
    let columns: Result<Vec<ArrayFormatter<'_>>> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column, &options).map_err(failed))
        .collect();
    let columns = columns?;
    let cell = |column: usize, row: usize| -> Result<Option<String>> {
        if batch.column(column).is_null(row) {
            return Ok(None);
        }
        if DataType::of(batch.schema_ref().field(column)) == Some(DataType::Uuid) {
            let bytes = batch.column(column).as_fixed_size_binary().value(row);
            return Ok(bytes.try_into().ok().map(|bytes| Scalar::Uuid(bytes).to_string()));
        }
        columns[column].value(row).try_to_string().map(Some).map_err(failed)
    };
    (0..batch.num_rows())
        .map(|row| (0..columns.len()).map(|column| cell(column, row)).collect())
        .collect()
}
