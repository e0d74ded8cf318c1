// Every text of the interface, by where it stands. English is the type: a language that lacks a key does not compile.
// The texts of the largest areas come with their screens (`addTexts`), and not with the first one that is opened.
import { agents } from "@/i18n/en/agents";
import { chat } from "@/i18n/en/chat";
import { common } from "@/i18n/en/common";
import { home } from "@/i18n/en/home";
import { knowledge } from "@/i18n/en/knowledge";
import { providers } from "@/i18n/en/providers";
import { runs } from "@/i18n/en/runs";
import { settings } from "@/i18n/en/settings";
import type { triggers } from "@/i18n/en/triggers";
import type { workflows } from "@/i18n/en/workflows";

const first = { ...agents, ...chat, ...common, ...home, ...knowledge, ...providers, ...runs, ...settings };

export type Key = keyof typeof first | keyof typeof triggers | keyof typeof workflows;

/** The texts that are here so far. */
export const en = { ...first } as Record<Key, string>;

/** Brings the texts of an area that is about to be shown. */
export function addTexts(area: Partial<Record<Key, string>>): void {
  Object.assign(en, area);
}
