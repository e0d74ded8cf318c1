import type { workflows as en } from "@/i18n/en/workflows";

export const workflows: Record<keyof typeof en, string> = {};
