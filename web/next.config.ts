import type { NextConfig } from "next";

// A static bundle: LiteAgent's own server, nginx and scripts/serve.mjs all serve the same files.
const config: NextConfig = {
  output: "export",
  reactStrictMode: true,
  images: { unoptimized: true },
  poweredByHeader: false,
  devIndicators: false,
  turbopack: { root: import.meta.dirname },
};

export default config;
