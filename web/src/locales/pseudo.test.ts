import { i18n } from '@lingui/core';
import { expect, test } from 'vitest';
import { agoText } from '../time';
import { countWords, kindLook } from '../words';
import { messages } from './en.po';
import { pseudo } from './pseudo';

test('the catalogue holds the texts of the page', () => {
  expect(Object.keys(messages).length).toBeGreaterThan(500);
});

test('in the language that nobody speaks every text is changed, and what stands in it is not', () => {
  const told = pseudo({
    plain: 'Save',
    named: ['Remove ', ['name'], '?'],
    counted: [['count', 'plural', { one: 'One door', other: ['#', ' doors'] }]],
    nested: ['<0>Live</0>, ', ['0']],
  });
  expect(told).toEqual({
    plain: 'Šâvê',
    named: ['Rêmôvê ', ['name'], '?'],
    counted: [['count', 'plural', { one: 'Ôñê dôôr', other: ['#', ' dôôrš'] }]],
    nested: ['<0>Lîvê</0>, ', ['0']],
  });
});

test('texts of plain functions come out of the catalogue', () => {
  i18n.loadAndActivate({ locale: 'pseudo', messages: pseudo(messages), locales: 'en' });
  expect(agoText(0, 5_000_000)).not.toBe('5 s ago');
  expect(countWords(2, 1)).not.toContain('people');
  i18n.loadAndActivate({ locale: 'en', messages });
  expect(agoText(0, 5_000_000)).toBe('5 s ago');
  expect(kindLook('tailgating').word).toBe('Tailgating');
});
