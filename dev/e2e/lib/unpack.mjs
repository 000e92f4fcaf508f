// Run by chromium.mjs in a process of its own, because the package takes its target folder, and whether to add the shared
// libraries that Chromium needs, from the environment.
import chromium from '@sparticuz/chromium';

await chromium.executablePath();
