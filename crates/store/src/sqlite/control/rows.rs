//! The steps of a transaction in SQLite. Locks are the file's: there is nothing to do for them.

use std::time::SystemTime;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, params};
use syncapp_control::{
    Limits, LogLine, NewRun, NewVersion, PlannedStream, Run, RunId, RunState, Schedule, ScheduleId, Task, TaskId,
    TaskState, TickOutcome,
};
use syncapp_model::Result;

use super::columns::{self, RUN, SCHEDULE, TASK, bytes, first, optional_micros, word};
use super::{NOW, SqliteRows, limits};
use crate::rows::{Place, Rows, Waiting};
use crate::words::{self, micros};

#[async_trait]
impl Rows for SqliteRows<'_> {
    async fn now(&mut self) -> Result<SystemTime> {
        self.step(now)
    }

    async fn lock_project(&mut self, project: &str, create: bool) -> Result<Option<u32>> {
        self.step(|c| {
            let sql = "select newest from project where name = ?";
            let newest: Option<u32> = c.prepare_cached(sql)?.query_row([project], first).optional()?;
            if create && newest.is_none() {
                c.execute("insert into project values (?, 0)", [project])?;
            }
            Ok(newest.filter(|newest| *newest > 0))
        })
    }

    async fn insert_version(&mut self, version: &NewVersion, number: u32, now: SystemTime) -> Result<()> {
        let syncs: Result<Vec<String>> = version
            .syncs
            .iter()
            .map(|sync| words::streams_to_text(&sync.streams))
            .collect();
        let streams = syncs?;
        self.step(|c| {
            let project = &version.project;
            c.execute(
                "insert into version values (?, ?, ?, ?)",
                params![project, number, version.text, micros(now)],
            )?;
            let mut insert =
                c.prepare_cached("insert into version_sync values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
            for (place, (sync, streams)) in version.syncs.iter().zip(streams).enumerate() {
                let schedule = sync.schedule.as_ref();
                let (source, source_streams, destination, destination_streams) = words::limit_columns(&sync.limits);
                insert.execute(params![
                    project,
                    number,
                    sync.name,
                    place as i64,
                    streams,
                    schedule.map(|spec| &spec.definition),
                    schedule.map(|spec| words::overlap_name(spec.overlap)),
                    sync.after,
                    source,
                    source_streams,
                    destination,
                    destination_streams
                ])?;
            }
            c.execute("update project set newest = ? where name = ?", params![number, project])
                .map(drop)
        })
    }

    async fn lock_schedules(&mut self, project: &str) -> Result<Vec<Schedule>> {
        let sql = format!("select {SCHEDULE}, null from schedule where project = ? order by sync");
        self.step(|c| {
            c.prepare_cached(&sql)?
                .query_map([project], columns::schedule)?
                .collect()
        })
    }

    async fn write_schedule(&mut self, schedule: &Schedule) -> Result<()> {
        let sql = "insert or replace into schedule values (?, ?, ?, ?, ?, ?)";
        self.step(|c| {
            c.prepare_cached(sql)?
                .execute(params![
                    schedule.id.project,
                    schedule.id.sync,
                    schedule.version,
                    schedule.definition,
                    words::overlap_name(schedule.overlap),
                    optional_micros(schedule.next_due)
                ])
                .map(drop)
        })
    }

    async fn delete_schedule(&mut self, id: &ScheduleId) -> Result<()> {
        let sql = "delete from schedule where project = ? and sync = ?";
        self.step(|c| c.execute(sql, [&id.project, &id.sync]).map(drop))
    }

    async fn lock_schedule(&mut self, id: &ScheduleId) -> Result<Option<Schedule>> {
        let sql = format!("select {SCHEDULE}, null from schedule where project = ? and sync = ?");
        self.step(|c| {
            c.prepare_cached(&sql)?
                .query_row([&id.project, &id.sync], columns::schedule)
                .optional()
        })
    }

    async fn lock_owed(&mut self, id: &ScheduleId) -> Result<Vec<Schedule>> {
        let sql = format!("select {SCHEDULE}, until from owed where project = ? and sync = ? order by version");
        self.step(|c| {
            c.prepare_cached(&sql)?
                .query_map([&id.project, &id.sync], columns::schedule)?
                .collect()
        })
    }

    async fn write_owed(&mut self, schedule: &Schedule) -> Result<()> {
        let sql = "insert or replace into owed values (?, ?, ?, ?, ?, ?, ?)";
        self.step(|c| {
            c.prepare_cached(sql)?
                .execute(params![
                    schedule.id.project,
                    schedule.id.sync,
                    schedule.version,
                    schedule.definition,
                    words::overlap_name(schedule.overlap),
                    optional_micros(schedule.next_due),
                    optional_micros(schedule.until)
                ])
                .map(drop)
        })
    }

    async fn delete_owed(&mut self, schedule: &Schedule) -> Result<()> {
        let sql = "delete from owed where project = ? and sync = ? and version = ?";
        let key = params![schedule.id.project, schedule.id.sync, schedule.version];
        self.step(|c| c.execute(sql, key).map(drop))
    }

    async fn is_paused(&mut self, sync: &ScheduleId) -> Result<bool> {
        let sql = "select 1 from pause where project = ? and sync = ?";
        self.step(|c| c.prepare_cached(sql)?.exists([&sync.project, &sync.sync]))
    }

    async fn insert_pause(&mut self, sync: &ScheduleId) -> Result<()> {
        let sql = format!("insert or ignore into pause values (?, ?, {NOW})");
        self.step(|c| c.execute(&sql, [&sync.project, &sync.sync]).map(drop))
    }

    async fn delete_pause(&mut self, sync: &ScheduleId) -> Result<()> {
        let sql = "delete from pause where project = ? and sync = ?";
        self.step(|c| c.execute(sql, [&sync.project, &sync.sync]).map(drop))
    }

    async fn tick(&mut self, schedule: &ScheduleId, nominal_at: SystemTime) -> Result<Option<TickOutcome>> {
        let sql = "select nominal_at, run, skipped from tick where project = ? and sync = ? and nominal_at = ?";
        self.step(|c| {
            let tick = c
                .prepare_cached(sql)?
                .query_row(
                    params![schedule.project, schedule.sync, micros(nominal_at)],
                    columns::tick,
                )
                .optional()?;
            Ok(tick.map(|tick| tick.outcome))
        })
    }

    async fn insert_tick(&mut self, schedule: &ScheduleId, nominal_at: SystemTime, outcome: TickOutcome) -> Result<()> {
        let (run, skipped) = words::outcome_columns(outcome);
        let (sql, run) = ("insert into tick values (?, ?, ?, ?, ?)", run.map(bytes));
        self.step(|c| {
            c.prepare_cached(sql)?
                .execute(params![
                    schedule.project,
                    schedule.sync,
                    micros(nominal_at),
                    run,
                    skipped
                ])
                .map(drop)
        })
    }

    async fn known(&mut self, new: &NewRun) -> Result<Option<RunId>> {
        let sql =
            "select id from run where id = ?1 union all select id from run where project = ?2 and key = ?3 limit 1";
        self.step(|c| {
            let id = c
                .prepare_cached(sql)?
                .query_row(params![bytes(new.id), new.project, new.key], first)
                .optional()?;
            Ok(id.map(columns::run_id))
        })
    }

    async fn lock_sync(&mut self, _: &Place) -> Result<()> {
        Ok(())
    }

    async fn going(&mut self, place: &Place) -> Result<Option<RunId>> {
        let sql = "select id from run indexed by run_going where project = ? and sync = ? and finished_at is null \
             order by submitted_at, id limit 1";
        self.step(|c| one_run(c, sql, place))
    }

    async fn next_held(&mut self, place: &Place) -> Result<Option<RunId>> {
        let sql = "select id from run indexed by run_going where project = ?1 and sync = ?2 and finished_at is null \
             and not exists (select 1 from run where project = ?1 and sync = ?2 and finished_at is null and state <> 'held') \
             order by submitted_at, id limit 1";
        self.step(|c| one_run(c, sql, place))
    }

    async fn insert_run(&mut self, run: &Run) -> Result<bool> {
        let sql = "insert into run (id, project, version, sync, trigger, trigger_at, trigger_run, key, state, \
             submitted_at, finished_at, source, source_streams, destination, destination_streams, trace) \
             values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (project, key) where key is not null do nothing";
        let (trigger, trigger_at, trigger_run) = words::trigger_columns(run.trigger);
        let (source, source_streams, destination, destination_streams) = words::limit_columns(&run.limits);
        self.step(|c| {
            let written = c.prepare_cached(sql)?.execute(params![
                bytes(run.id),
                run.project,
                run.version,
                run.sync,
                trigger,
                optional_micros(trigger_at),
                trigger_run.map(bytes),
                run.key,
                run.state.name(),
                micros(run.submitted_at),
                optional_micros(run.finished_at),
                source,
                source_streams,
                destination,
                destination_streams,
                run.trace.map(|trace| trace.to_string())
            ])?;
            Ok(written == 1)
        })
    }

    async fn insert_tasks(
        &mut self,
        run: RunId,
        streams: &[PlannedStream],
        state: TaskState,
        now: SystemTime,
    ) -> Result<()> {
        let sql = "insert into task (run, number, stream, pool, state, hinted_at) values (?, ?, ?, ?, ?, ?)";
        self.step(|c| {
            let mut insert = c.prepare_cached(sql)?;
            for (number, planned) in streams.iter().enumerate() {
                insert.execute(params![
                    bytes(run),
                    number as i64,
                    planned.stream,
                    planned.pool,
                    state.name(),
                    micros(now)
                ])?;
            }
            Ok(())
        })
    }

    async fn insert_hints(&mut self, run: RunId, tasks: &[u32]) -> Result<()> {
        let sql = "insert into outbox (run, number, pool) \
             select run, number, pool from task where run = ? and number = ?";
        self.step(|c| {
            let mut insert = c.prepare_cached(sql)?;
            for number in tasks {
                insert.execute(params![bytes(run), number])?;
            }
            Ok(())
        })
    }

    async fn place_of(&mut self, run: RunId) -> Result<Option<(Place, Limits)>> {
        let run = self.run(run).await?;
        Ok(run.map(|run| {
            let place = Place {
                project: run.project,
                sync: run.sync,
            };
            (place, run.limits)
        }))
    }

    async fn lock_connection(&mut self, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    async fn carried(&mut self, project: &str, connection: &str) -> Result<u32> {
        self.step(|c| limits::carried(c, project, connection))
    }

    async fn waiting(&mut self, project: &str, connection: &str, limit: usize) -> Result<Vec<Waiting>> {
        self.step(|c| limits::waiting(c, project, connection, limit))
    }

    async fn hint_again(&mut self, task: TaskId) -> Result<()> {
        let sql = format!("update task set hinted_at = {NOW} where run = ? and number = ?");
        self.step(|c| c.prepare_cached(&sql)?.execute(params![bytes(task.run), task.number]))?;
        self.insert_hints(task.run, &[task.number]).await
    }

    async fn run(&mut self, run: RunId) -> Result<Option<Run>> {
        self.step(|c| read_run(c, run))
    }

    async fn lock_run(&mut self, run: RunId) -> Result<Option<RunState>> {
        Ok(self.run(run).await?.map(|run| run.state))
    }

    async fn write_run(&mut self, run: RunId, state: RunState, finished_at: Option<SystemTime>) -> Result<()> {
        let sql = "update run set state = ?, finished_at = ? where id = ?";
        self.step(|c| {
            c.prepare_cached(sql)?
                .execute(params![state.name(), optional_micros(finished_at), bytes(run)])
                .map(drop)
        })
    }

    async fn last_line(&mut self, run: RunId) -> Result<u32> {
        let sql = "select coalesce(max(number), 0) from run_log where run = ?";
        self.step(|c| c.prepare_cached(sql)?.query_row([bytes(run)], first))
    }

    async fn insert_line(&mut self, run: RunId, number: u32, line: &LogLine, at: SystemTime) -> Result<()> {
        let sql =
            "insert into run_log (run, number, at, level, stream, text, code, help) values (?, ?, ?, ?, ?, ?, ?, ?)";
        self.step(|c| {
            c.prepare_cached(sql)?
                .execute(params![
                    bytes(run),
                    number,
                    micros(at),
                    line.level.name(),
                    line.stream,
                    line.text,
                    line.code,
                    line.help
                ])
                .map(drop)
        })
    }

    async fn write_landed(&mut self, place: &Place, stream: &str, at: SystemTime) -> Result<()> {
        let sql = "insert or replace into landed values (?, ?, ?, ?)";
        self.step(|c| {
            c.prepare_cached(sql)?
                .execute(params![place.project, place.sync, stream, micros(at)])
                .map(drop)
        })
    }

    async fn landed(&mut self, project: &str) -> Result<Vec<(String, String)>> {
        let sql = "select sync, stream from landed where project = ?";
        self.step(|c| {
            c.prepare_cached(sql)?
                .query_map([project], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }

    async fn delete_landed(&mut self, project: &str, sync: &str, stream: &str) -> Result<()> {
        let sql = "delete from landed where project = ? and sync = ? and stream = ?";
        self.step(|c| c.prepare_cached(sql)?.execute([project, sync, stream]).map(drop))
    }

    async fn task(&mut self, id: TaskId) -> Result<Option<(Task, SystemTime)>> {
        let sql = format!("select {TASK} from task where run = ? and number = ?");
        self.step(|c| {
            let task = c
                .prepare_cached(&sql)?
                .query_row(params![bytes(id.run), id.number], columns::task)
                .optional()?;
            let now = now(c)?;
            Ok(task.map(|task| (task, now)))
        })
    }

    async fn lock_task(&mut self, id: TaskId) -> Result<Option<(Task, SystemTime)>> {
        self.task(id).await
    }

    async fn lock_tasks(&mut self, run: RunId) -> Result<Vec<Task>> {
        self.step(|c| read_tasks(c, run))
    }

    async fn task_states(&mut self, run: RunId) -> Result<Vec<TaskState>> {
        let sql = "select distinct state from task where run = ?";
        self.step(|c| {
            c.prepare_cached(sql)?
                .query_map([bytes(run)], |row| word(words::task_state(&row.get::<_, String>(0)?)))?
                .collect()
        })
    }

    async fn write_task(&mut self, before: &Task, after: &Task) -> Result<bool> {
        let sql = "update task set state = ?1, epoch = ?2, worker = ?3, lease_until = ?4, fruitless = ?5, lost = ?6, \
             next_try_at = ?7, hinted_at = ?8, rows_read = ?9, rows_written = ?10, bytes_read = ?11, \
             rows_committed = ?12, cpu_micros = ?13, peak_bytes = ?14, error_code = ?15, error_text = ?16, \
             error_help = ?17, finished_at = ?18, started_at = ?19, rows_expected = ?20 \
             where run = ?21 and number = ?22 and state = ?23 and epoch = ?24";
        let error = after.error.as_ref();
        self.step(|c| {
            let written = c.prepare_cached(sql)?.execute(params![
                after.state.name(),
                after.epoch.0 as i64,
                after.worker,
                optional_micros(after.lease_until),
                after.fruitless,
                after.lost,
                optional_micros(after.next_try_at),
                micros(after.hinted_at),
                after.progress.read as i64,
                after.progress.written as i64,
                after.progress.bytes as i64,
                after.progress.committed as i64,
                words::duration_micros(after.usage.cpu),
                after.usage.peak_bytes as i64,
                error.map(|error| &error.code),
                error.map(|error| &error.text),
                error.and_then(|error| error.help.as_ref()),
                optional_micros(after.finished_at),
                optional_micros(after.started_at),
                after.progress.expected.map(|rows| rows as i64),
                bytes(before.id.run),
                before.id.number,
                before.state.name(),
                before.epoch.0 as i64
            ])?;
            Ok(written == 1)
        })
    }
}

pub(super) fn now(c: &Connection) -> rusqlite::Result<SystemTime> {
    c.prepare_cached(&format!("select {NOW}"))?
        .query_row([], |row| columns::instant(row, 0))
}

pub(super) fn read_run(c: &Connection, run: RunId) -> rusqlite::Result<Option<Run>> {
    c.prepare_cached(&format!("select {RUN} from run where id = ?"))?
        .query_row([bytes(run)], columns::run)
        .optional()
}

pub(super) fn read_tasks(c: &Connection, run: RunId) -> rusqlite::Result<Vec<Task>> {
    c.prepare_cached(&format!("select {TASK} from task where run = ? order by number"))?
        .query_map([bytes(run)], columns::task)?
        .collect()
}

fn one_run(c: &Connection, sql: &str, place: &Place) -> rusqlite::Result<Option<RunId>> {
    let id = c
        .prepare_cached(sql)?
        .query_row([&place.project, &place.sync], first)
        .optional()?;
    Ok(id.map(columns::run_id))
}
