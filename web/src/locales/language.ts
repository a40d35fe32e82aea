/**
 * The language of the page, chosen before anything else is loaded: texts stand in constants of modules, too.
 *
 * Import it first. Another language is another catalogue beside `en.po`; choosing it reloads the page.
 */
import { i18n } from '@lingui/core';
import { messages } from './en.po';
import { PSEUDO, pseudo } from './pseudo';

const KEPT = 'doorwatch.language';

function chosen(): string {
  try {
    return localStorage.getItem(KEPT) ?? 'en';
  } catch {
    return 'en'; // storage is switched off, or this is no browser
  }
}

if (chosen() === PSEUDO) i18n.loadAndActivate({ locale: PSEUDO, messages: pseudo(messages), locales: 'en' });
else i18n.loadAndActivate({ locale: 'en', messages });
