import type { knowledge as en } from "@/i18n/en/knowledge";

export const knowledge: Record<keyof typeof en, string> = {};
