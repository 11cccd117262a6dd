//! A run as it is shown: bars on a terminal, lines elsewhere, JSON where it was asked for.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use syncapp_engine::{Counts, Event, Outcome, StreamSummary, Summary};
use syncapp_model::Result;

use crate::output::{self, count};

/// How often a line is printed for a stream that goes on, where there is no terminal.
const LINES: Duration = Duration::from_secs(10);

/// Shows events.
pub(crate) enum Show {
    Json,
    Bars {
        all: MultiProgress,
        streams: HashMap<String, ProgressBar>,
    },
    Lines {
        said: HashMap<String, Instant>,
    },
}

impl Show {
    /// As fits the place that is printed to.
    pub(crate) fn new(json: bool) -> Self {
        if json {
            Self::Json
        } else if output::draws() {
            Self::Bars {
                all: MultiProgress::new(),
                streams: HashMap::new(),
            }
        } else {
            Self::Lines { said: HashMap::new() }
        }
    }

    /// Shows one event.
    pub(crate) fn event(&mut self, event: &Event) -> Result<()> {
        match self {
            Self::Json => return output::json(event),
            Self::Bars { all, streams } => bar(all, streams, event),
            Self::Lines { said } => line(said, event),
        }
        match event {
            Event::Warning { warning } => self.apart(|| crate::failure::show(std::slice::from_ref(warning), None)),
            Event::Retry {
                stream,
                wait_seconds,
                error,
                ..
            } => {
                self.apart(|| output::note(&format!("{stream}: {error}; again in {wait_seconds:.0} s")));
            }
            _ => {}
        }
        Ok(())
    }

    /// Prints beside the bars.
    fn apart(&self, print: impl FnOnce()) {
        match self {
            Self::Bars { all, .. } => all.suspend(print),
            _ => print(),
        }
    }
}

fn bar(all: &MultiProgress, streams: &mut HashMap<String, ProgressBar>, event: &Event) {
    match event {
        Event::StreamStarted {
            stream, estimated_rows, ..
        } => {
            let (bar, template) = match estimated_rows {
                Some(rows) => (
                    ProgressBar::new(*rows),
                    "{prefix:24!} {wide_bar:.cyan/238} {human_pos:>12} rows {msg}",
                ),
                None => (
                    ProgressBar::new_spinner(),
                    "{prefix:24!} {spinner} {human_pos:>12} rows {msg}",
                ),
            };
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = all.add(bar.with_style(style.progress_chars("━━─")).with_prefix(stream.clone()));
            if let Some(old) = streams.insert(stream.clone(), bar) {
                old.finish_and_clear();
            }
        }
        Event::Progress {
            stream,
            counts,
            rows_per_second,
            eta_seconds,
        } => {
            if let Some(bar) = streams.get(stream) {
                let eta = eta_seconds.map_or_else(String::new, |eta| format!(" · {} to go", span(eta)));
                bar.set_message(format!("{}/s{eta}", count(*rows_per_second as u64)));
                bar.set_position(counts.rows_read);
            }
        }
        Event::StreamFinished(summary) => {
            if let Some(bar) = streams.remove(&summary.stream) {
                bar.finish_and_clear();
            }
        }
        _ => {}
    }
}

fn line(said: &mut HashMap<String, Instant>, event: &Event) {
    match event {
        Event::StreamStarted {
            stream, target, from, ..
        } => {
            let from = from.as_ref().map_or_else(String::new, |from| format!(" from {from}"));
            output::note(&format!("{stream} → {target}{from}"));
            said.insert(stream.clone(), Instant::now());
        }
        Event::Progress {
            stream,
            counts,
            rows_per_second,
            ..
        } => {
            let Some(last) = said.get_mut(stream).filter(|last| last.elapsed() >= LINES) else {
                return;
            };
            *last = Instant::now();
            output::note(&format!(
                "{stream}: {} rows, {}/s",
                count(counts.rows_read),
                count(*rows_per_second as u64)
            ));
        }
        _ => {}
    }
}

/// Prints how a run ended, as a table.
pub(crate) fn summary(summary: &Summary) {
    let header = [
        "stream", "target", "outcome", "read", "written", "inserted", "updated", "deleted", "time", "rows/s",
    ];
    output::table(&header, summary.streams.iter().map(row));
    for stream in &summary.streams {
        let Counts { rejected, nulled, .. } = stream.counts;
        if rejected > 0 {
            let rows = if rejected == 1 {
                "1 row was".into()
            } else {
                format!("{} rows were", count(rejected))
            };
            let name = &stream.stream;
            output::note(&format!("{name}: {rows} rejected; `syncapp rejects list` shows them"));
        }
        if nulled > 0 {
            let values = if nulled == 1 {
                "1 value".into()
            } else {
                format!("{} values", count(nulled))
            };
            output::note(&format!("{}: {values} became NULL", stream.stream));
        }
    }
}

fn row(stream: &StreamSummary) -> Vec<String> {
    let Counts {
        rows_read,
        rows_written,
        receipt,
        ..
    } = stream.counts;
    let outcome = match stream.outcome {
        Outcome::Landed => "landed",
        Outcome::Partial | Outcome::Failed => "failed",
        Outcome::Cancelled => "cancelled",
    };
    let rate = rows_read as f64 / stream.seconds.max(0.001);
    let mut row = vec![stream.stream.clone(), stream.target.clone(), outcome.into()];
    row.extend(
        [
            rows_read,
            rows_written,
            receipt.inserted,
            receipt.updated,
            receipt.deleted,
        ]
        .map(count),
    );
    row.extend([span(stream.seconds), count(rate as u64)]);
    row
}

/// A time span in words.
fn span(seconds: f64) -> String {
    match seconds {
        short if short < 60.0 => format!("{short:.1} s"),
        long if long < 3600.0 => format!("{} min {:02.0} s", (long / 60.0) as u64, long % 60.0),
        hours => format!(
            "{} h {:02} min",
            (hours / 3600.0) as u64,
            (hours % 3600.0 / 60.0) as u64
        ),
    }
}
