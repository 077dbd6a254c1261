import { useEffect, useRef, useState } from 'preact/hooks';
import type { LiveFleet } from '../liveFleet';
import { scopeText, whenText } from '../model/maintenance';
import { emptyPlan, planOf, type PlanForm } from '../model/maintenancePlan';
import { reason } from '../net/changes';
import { HttpError } from '../net/http';
import type { Scope } from '../protocol';
import { Dialog } from './dialog';
import { Field } from './field';
import { OnceFields, WeeklyFields } from './planTimes';

interface Props {
  live: LiveFleet;
  filter: Scope | undefined; // undefined: all NVRs that the token may change
  onClose(): void;
  /** The window is durable. */
  onDone(text: string): void;
}

interface Failure {
  field: string; // '': none of the form
  message: string;
}

const WEEKLY = ['weekly.days', 'weekly.start', 'weekly.length', 'weekly.time_zone'];

/** Whether the form shows the message at the field. */
const isShown = (field: string, repeats: boolean): boolean => field === 'reason' || (repeats ? WEEKLY : ['from', 'to']).includes(field);

/** Plans maintenance of what `filter` names, once or weekly. */
export function PlanDialog({ live, filter: given, onClose, onDone }: Props) {
  const [filter] = useState(given); // what was chosen when it opened
  const [form, setForm] = useState<PlanForm>(() => emptyPlan(live.now()));
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | undefined>();
  const element = useRef<HTMLFormElement>(null);
  const reasonInput = useRef<HTMLInputElement>(null);
  useEffect(() => reasonInput.current?.select(), []); // typing replaces it
  useEffect(() => element.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus(), [failure]);
  const change = (some: Partial<PlanForm>) => setForm((now) => ({ ...now, ...some }));
  const plan = async () => {
    setFailure(undefined);
    if (!form.repeats && Date.parse(form.to) <= live.now()) return setFailure({ field: 'to', message: 'to is in the past' });
    setBusy(true);
    try {
      const window = await live.maintenance.plan(planOf(form, filter));
      onDone(`Maintenance of ${scopeText(window.filter)} is ${window.active ? 'active' : 'planned'}: ${whenText(window)}.`);
    } catch (error) {
      setFailure({ field: error instanceof HttpError ? error.field : '', message: reason(error) });
      setBusy(false);
    }
  };
  const wrong = (field: string) => (failure?.field === field ? { wrong: failure.message } : {});
  const sites = !filter && live.access.info?.sites;
  return (
    <Dialog title="Plan maintenance" busy={busy} onClose={onClose}>
      <form ref={element} method="dialog" class="fields plan" onSubmit={(event) => { event.preventDefault(); void plan(); }}>
        <p>For <b>{scopeText(sites ? { sites } : filter)}</b>. Alerts send no message meanwhile. What is still wrong at the end is announced then.</p>
        <Field label="Reason" {...wrong('reason')}>
          {(props) => <input {...props} ref={reasonInput} type="text" required value={form.reason} onInput={(event) => change({ reason: event.currentTarget.value })} />}
        </Field>
        <fieldset class="choice">
          <legend>When</legend>
          <p class="options">
            <label><input type="radio" name="repeats" checked={!form.repeats} onChange={() => change({ repeats: false })} /> once</label>
            <label><input type="radio" name="repeats" checked={form.repeats} onChange={() => change({ repeats: true })} /> every week</label>
          </p>
          {form.repeats
            ? <WeeklyFields form={form} wrong={wrong} onChange={change} />
            : <OnceFields form={form} wrong={wrong} onChange={change} now={() => live.now()} />}
        </fieldset>
        {failure && !isShown(failure.field, form.repeats) && <p role="alert" class="failures">Not planned: {failure.message}.</p>}
        <div class="buttons">
          <button type="button" disabled={busy} onClick={onClose}>Cancel</button>
          <button type="submit" class="primary" disabled={busy}>Plan</button>
        </div>
      </form>
    </Dialog>
  );
}
