// Every text of the interface, by where it stands. English is the type: a language that lacks a key does not compile.
import { agents } from "@/i18n/en/agents";
import { chat } from "@/i18n/en/chat";
import { common } from "@/i18n/en/common";
import { home } from "@/i18n/en/home";
import { knowledge } from "@/i18n/en/knowledge";
import { providers } from "@/i18n/en/providers";
import { runs } from "@/i18n/en/runs";
import { settings } from "@/i18n/en/settings";
import { triggers } from "@/i18n/en/triggers";
import { workflows } from "@/i18n/en/workflows";

export const en = { ...agents, ...chat, ...common, ...home, ...knowledge, ...providers, ...runs, ...settings, ...triggers, ...workflows };

export type Key = keyof typeof en;
