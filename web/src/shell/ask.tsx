/** Questions that need a yes before something is lost, and short messages about what was done. */
import { t } from '@lingui/core/macro';
import { useState, useSyncExternalStore } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { Button } from '../parts/basics';

interface Question {
  title: string;
  text: string;
  yes: string;
  answer: (yes: boolean) => void;
}

export interface Message {
  text: string;
  action?: { word: string; run: () => void };
}

function box<T>() {
  let value: T | null = null;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    put: (next: T | null) => {
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const question = box<Question>();
const message = box<Message>();
let fading: ReturnType<typeof setTimeout> | undefined;

/** Asks in a dialog; true when the answer was `yes`. */
export function ask(title: string, text: string, yes: string): Promise<boolean> {
  question.get()?.answer(false);
  return new Promise((resolve) => {
    const answer = (given: boolean) => {
      question.put(null);
      resolve(given);
    };
    question.put({ title, text, yes, answer });
  });
}

/** Says something short at the edge of the page for some seconds. */
export function say(text: string, action?: Message['action']): void {
  clearTimeout(fading);
  message.put({ text, action });
  fading = setTimeout(() => message.put(null), 8000);
}

/** Says why something did not work. */
export function sayWhy(error: unknown): void {
  say(error instanceof Error ? error.message : String(error));
}

export function AskHost() {
  const asked = useSyncExternalStore(question.subscribe, question.get);
  const said = useSyncExternalStore(message.subscribe, message.get);
  const [kept, setKept] = useState(asked);
  if (asked && asked !== kept) setKept(asked);
  return (
    <>
      <ModalOverlay
        className="veil"
        isOpen={asked !== null}
        onOpenChange={(open) => !open && asked?.answer(false)}
        isDismissable
      >
        <Modal className="dialog-box">
          <Dialog role="alertdialog" className="dialog">
            <Heading slot="title">{kept?.title}</Heading>
            <p>{kept?.text}</p>
            <div className="dialog-buttons">
              <Button onPress={() => asked?.answer(false)} autoFocus>
                {t`Cancel`}
              </Button>
              <Button tone="danger" onPress={() => asked?.answer(true)}>
                {kept?.yes}
              </Button>
            </div>
          </Dialog>
        </Modal>
      </ModalOverlay>
      <div className="message-place" role="status">
        {said ? (
          <div className="message">
            {said.text}
            {said.action ? (
              <Button
                onPress={() => {
                  said.action?.run();
                  message.put(null);
                }}
              >
                {said.action.word}
              </Button>
            ) : null}
          </div>
        ) : null}
      </div>
    </>
  );
}
