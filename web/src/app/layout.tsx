import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { Root } from "@/shell/Root";
import "@/ui/base.css";

export const metadata: Metadata = { title: "LiteAgent", icons: { icon: "/icon.svg" } };
export const viewport: Viewport = { width: "device-width", initialScale: 1 };

export default function Layout({ children }: { children: ReactNode }): ReactNode {
  return (
    <html lang="en" data-theme="light" suppressHydrationWarning>
      <head>
        <script src="/theme.js" />
      </head>
      <body>
        <Root>{children}</Root>
      </body>
    </html>
  );
}
