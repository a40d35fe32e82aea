/** Hours of the week: none, or from one time of day to another on some days. */
import { t } from '@lingui/core/macro';
import type { Hours } from '../../api/alertRules';
import { Check } from './Check';

const DAYS = [t`Mon`, t`Tue`, t`Wed`, t`Thu`, t`Fri`, t`Sat`, t`Sun`];
const NIGHT: Hours = { start: '22:00', end: '06:00', days: [] };

interface Props {
  label: string;
  hours: Hours | null;
  onChange: (hours: Hours | null) => void;
}

export function HoursField({ label, hours, onChange }: Props) {
  const days = hours?.days ?? [];
  return (
    <fieldset className="checks hours">
      <Check isSelected={hours !== null} onChange={(on) => onChange(on ? NIGHT : null)}>
        {label}
      </Check>
      {hours ? (
        <>
          <div className="threshold">
            <label>
              {t`From`}
              <input
                type="time"
                required
                value={hours.start}
                onChange={(event) => onChange({ ...hours, start: event.target.value })}
              />
            </label>
            <label>
              {t`until`}
              <input
                type="time"
                required
                value={hours.end}
                onChange={(event) => onChange({ ...hours, end: event.target.value })}
              />
            </label>
          </div>
          <fieldset className="segments" aria-label={t`On days; none means every day`}>
            {DAYS.map((day, number) => (
              <button
                key={day}
                type="button"
                aria-pressed={days.includes(number)}
                onClick={() =>
                  onChange({
                    ...hours,
                    days: days.includes(number) ? days.filter((one) => one !== number) : [...days, number].sort(),
                  })
                }
              >
                {day}
              </button>
            ))}
          </fieldset>
        </>
      ) : null}
    </fieldset>
  );
}
