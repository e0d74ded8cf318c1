"use client";
import type { ReactNode } from "react";
import { TriggerPage } from "@/features/triggers/TriggerPage";
import { TriggersList } from "@/features/triggers/TriggersList";
import { useId } from "@/nav";

/** All triggers, or the one of `?id=`. */
export function TriggersScreen(): ReactNode {
  const id = useId();
  return id ? <TriggerPage key={id} id={id} /> : <TriggersList />;
}
