-- Who gave a secret its value, as the audit log names them, and which version that was: a program that knows nothing of it leaves both
-- as they are when it sets the next one, whose giver is not known then.
alter table vault add column set_by text;
alter table vault add column set_by_version integer;
