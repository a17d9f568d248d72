create trigger events_no_update before update on events begin
  select raise(abort, 'events are never changed');
end;
--> statement-breakpoint
create trigger events_no_delete before delete on events begin
  select raise(abort, 'events are never deleted');
end;
