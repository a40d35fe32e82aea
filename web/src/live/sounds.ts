/** Sounds for what happens: none until somebody asks for them, kept in this browser, one for each kind of incident. */
import { useSyncExternalStore } from 'react';

const NAME = 'doorwatch.sounds';

/** Pitches of two short tones, so that kinds are told apart without looking. */
const TONES: Record<string, readonly [number, number]> = {
  tailgating: [880, 660],
  unauthorized_entry: [990, 990],
  entry_after_refusal: [660, 880],
  possible_tailgating: [520, 520],
};

const listeners = new Set<() => void>();
let chosen: readonly string[] = read();
let audio: AudioContext | null = null;

function read(): readonly string[] {
  return (localStorage.getItem(NAME) ?? '').split(' ').filter((kind) => kind in TONES);
}

/** The kinds of incidents that are heard. */
export function useSounds(): readonly string[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => chosen,
  );
}

/** Hear a kind, or hear it no more. Called by a press, which is what browsers want before they let a page sound. */
export function chooseSound(kind: string, on: boolean): void {
  chosen = on ? [...chosen.filter((one) => one !== kind), kind] : chosen.filter((one) => one !== kind);
  localStorage.setItem(NAME, chosen.join(' '));
  for (const listener of listeners) listener();
  if (on) sound(kind);
}

/** Sound for an incident of a kind, if that was asked for. */
export function soundFor(kind: string): void {
  if (chosen.includes(kind)) sound(kind);
}

function sound(kind: string): void {
  const tones = TONES[kind];
  if (!tones || typeof AudioContext === 'undefined') return;
  audio ??= new AudioContext();
  const begin = audio.currentTime + 0.02;
  for (const [index, pitch] of tones.entries()) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const at = begin + index * 0.16;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, at);
    volume.gain.exponentialRampToValueAtTime(0.2, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.14);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.15);
  }
}
