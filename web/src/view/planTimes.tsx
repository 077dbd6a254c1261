import { duration } from '../model/format';
import { DAYS } from '../model/maintenance';
import { lengthOf, QUICK_TIMES, type PlanForm } from '../model/maintenancePlan';
import { Field } from './field';

interface Props {
  form: PlanForm;
  wrong(field: string): { wrong?: string };
  onChange(some: Partial<PlanForm>): void;
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** From when to when, by the clock of the browser. */
export function OnceFields({ form, wrong, onChange, now }: Props & { now(): number }) {
  const length = lengthOf(form);
  return (
    <>
      <p class="quick" role="group" aria-label="Often used times">
        {QUICK_TIMES.map(({ name, at }) => <button key={name} type="button" onClick={() => onChange(at(now()))}>{name}</button>)}
      </p>
      <div class="pair">
        <Field label="From" {...wrong('from')}>
          {(props) => <input {...props} type="datetime-local" required value={form.from} onInput={(event) => onChange({ from: event.currentTarget.value })} />}
        </Field>
        <Field label="To" {...wrong('to')}>
          {(props) => <input {...props} type="datetime-local" required value={form.to} onInput={(event) => onChange({ to: event.currentTarget.value })} />}
        </Field>
      </div>
      <p class="dim">{length !== undefined && `${duration(length)} · `}times of {zone}</p>
    </>
  );
}

/** A time of days of the week. */
export function WeeklyFields({ form, wrong, onChange }: Props) {
  const { days } = form;
  const daysWrong = wrong('weekly.days').wrong;
  return (
    <>
      <p class="options" role="group" aria-label="Days">
        {DAYS.map(([key, name]) => (
          <label key={key}>
            <input
              type="checkbox" checked={days.includes(key)} {...(daysWrong && { 'aria-invalid': true })}
              onChange={(event) => onChange({ days: event.currentTarget.checked ? [...days, key] : days.filter((one) => one !== key) })}
            />
            {' '}{name}
          </label>
        ))}
      </p>
      {daysWrong && <p class="wrong" role="alert">{daysWrong}</p>}
      <div class="pair">
        <Field label="Start" {...wrong('weekly.start')}>
          {(props) => <input {...props} type="time" required value={form.start} onInput={(event) => onChange({ start: event.currentTarget.value })} />}
        </Field>
        <Field label="Length" hint="Such as 90m, 8h or 2d." {...wrong('weekly.length')}>
          {(props) => <input {...props} type="text" required value={form.length} onInput={(event) => onChange({ length: event.currentTarget.value })} />}
        </Field>
      </div>
      <Field label="Time zone" {...wrong('weekly.time_zone')}>
        {(props) => <input {...props} type="text" list="plan-zones" required value={form.zone} onInput={(event) => onChange({ zone: event.currentTarget.value })} />}
      </Field>
      <datalist id="plan-zones">{Intl.supportedValuesOf('timeZone').map((name) => <option key={name} value={name} />)}</datalist>
    </>
  );
}
