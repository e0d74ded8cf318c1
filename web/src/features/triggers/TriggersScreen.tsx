"use client";
import type { ReactNode } from "react";
import { TriggerPage } from "@/features/triggers/TriggerPage";
import { TriggersList } from "@/features/triggers/TriggersList";
import { addTexts } from "@/i18n/en";
import { triggers } from "@/i18n/en/triggers";
import { useId } from "@/nav";

addTexts(triggers);

/** All triggers, or the one of `?id=`. */
export function TriggersScreen(): ReactNode {
  const id = useId();
  return id ? <TriggerPage key={id} id={id} /> : <TriggersList />;
}
