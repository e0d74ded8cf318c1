import type { Key } from "@/i18n/en";
import { agents } from "@/i18n/es/agents";
import { chat } from "@/i18n/es/chat";
import { common } from "@/i18n/es/common";
import { home } from "@/i18n/es/home";
import { knowledge } from "@/i18n/es/knowledge";
import { providers } from "@/i18n/es/providers";
import { runs } from "@/i18n/es/runs";
import { settings } from "@/i18n/es/settings";
import { triggers } from "@/i18n/es/triggers";
import { workflows } from "@/i18n/es/workflows";

export const es: Record<Key, string> = {
  ...agents,
  ...chat,
  ...common,
  ...home,
  ...knowledge,
  ...providers,
  ...runs,
  ...settings,
  ...triggers,
  ...workflows,
};
