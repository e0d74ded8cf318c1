"use client";
import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { makeQueryClient } from "@/api/queries";
import { LanguageProvider } from "@/i18n";
import { Route } from "@/nav";
import { Gate } from "@/shell/Gate";
import { applyTheme } from "@/ui/theme";
import { ToastProvider } from "@/ui/Toasts";

/** What every screen stands in. */
export function Root({ children }: { children: ReactNode }): ReactNode {
  const [client] = useState(makeQueryClient);
  useEffect(applyTheme, []);
  return (
    <QueryClientProvider client={client}>
      <LanguageProvider>
        <ToastProvider>
          <Route>
            <Gate>{children}</Gate>
          </Route>
        </ToastProvider>
      </LanguageProvider>
    </QueryClientProvider>
  );
}
