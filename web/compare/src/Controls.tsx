import type { ReactNode } from 'react';
import { choices, type Settings } from './settings';

interface Choice<T> {
  readonly value: T;
  readonly label: string;
}

interface SegmentsProps<T> {
  readonly name: string;
  readonly legend: string;
  readonly value: T;
  readonly choices: readonly Choice<T>[];
  readonly disabled: boolean;
  readonly onChange: (value: T) => void;
}

/** A row of which one is chosen: radio buttons, so that the arrow keys move within it. */
function Segments<T extends string | number | boolean>({ name, legend, value, choices, disabled, onChange }: SegmentsProps<T>) {
  return (
    <fieldset className="segments" disabled={disabled}>
      <legend>{legend}</legend>
      <div>
        {choices.map((choice) => (
          <label key={String(choice.value)}>
            <input type="radio" name={name} value={String(choice.value)} checked={choice.value === value} onChange={() => onChange(choice.value)} />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface ControlsProps {
  readonly settings: Settings;
  readonly disabled: boolean;
  readonly onChange: (change: Partial<Settings>) => void;
  readonly children: ReactNode;
}

export function Controls({ settings, disabled, onChange, children }: ControlsProps) {
  return (
    <form className="card controls" aria-label="Settings" onSubmit={(event) => event.preventDefault()}>
      <Segments
        name="n"
        legend="Components"
        value={settings.n}
        choices={choices.n.map((value) => ({ value, label: String(value) }))}
        disabled={disabled}
        onChange={(n) => onChange({ n })}
      />
      <Segments
        name="delay"
        legend="Post service slower by"
        value={settings.delay}
        choices={choices.delay.map((value) => ({ value, label: `${value} ms` }))}
        disabled={disabled}
        onChange={(delay) => onChange({ delay })}
      />
      <Segments
        name="cache"
        legend="Server caches"
        value={settings.cache}
        choices={[
          { value: false, label: 'Off' },
          { value: true, label: 'On' },
        ]}
        disabled={disabled}
        onChange={(cache) => onChange({ cache })}
      />
      <Segments
        name="order"
        legend="Components ask in"
        value={settings.shuffle}
        choices={[
          { value: false, label: 'Page order' },
          { value: true, label: 'Random' },
        ]}
        disabled={disabled}
        onChange={(shuffle) => onChange({ shuffle })}
      />
      <Segments
        name="rounds"
        legend="Measured rounds"
        value={settings.rounds}
        choices={choices.rounds.map((value) => ({ value, label: String(value) }))}
        disabled={disabled}
        onChange={(rounds) => onChange({ rounds })}
      />
      {children}
    </form>
  );
}
