import type { components } from "./schema";

/** The API's records by the names that screens use. */
type Schemas = components["schemas"];

export type AuditEntry = Schemas["AuditEntry"];
export type Change = Schemas["Change"];
export type Coming = Schemas["Coming"];
export type Connector = Schemas["Connector"];
export type DraftDiscover = Schemas["DraftDiscover"];
export type DraftStream = Schemas["DraftStream"];
export type Grant = Schemas["Grant"];
export type Job = Schemas["Job"];
export type ListedProject = Schemas["ListedProject"];
export type ListedSecret = Schemas["ListedSecret"];
export type ListedVersion = Schemas["ListedVersion"];
export type LogLine = Schemas["LogLine"];
export type Me = Schemas["Me"];
export type Meaning = Schemas["Meaning"];
export type Project = Schemas["Project"];
export type Pushed = Schemas["Pushed"];
export type Role = Schemas["Role"];
export type Run = Schemas["Run"];
export type ListedRun = Schemas["ListedRun"];
export type RunState = Schemas["RunState"];
export type RunStream = Schemas["RunStream"];
export type WholeRun = Schemas["RunWithStreams"];
export type Schedule = Schemas["Schedule"];
export type Sync = Schemas["Sync"];
export type Tick = Schemas["Tick"];
export type Token = Schemas["Token"];
export type Trigger = Schemas["Trigger"];
export type User = Schemas["User"];
export type Queue = Schemas["Queue"];
export type Worker = Schemas["Worker"];
export type Version = Schemas["Version"];
