import type { settings as en } from "@/i18n/en/settings";

export const settings: Record<keyof typeof en, string> = {};
