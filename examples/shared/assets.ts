import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { fingerprint } from 'safekeep/hashing';

interface Asset {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
}

export interface Assets {
  /** The address of a file, with its fingerprint in it: a changed file is another address. */
  url(name: string): string;
  readonly handler: RequestHandler;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/**
 * The static files, read once at start and served from memory: no path of a request ever reaches the file system.
 * `made` are files that lie in no folder: name and text.
 * The fingerprint is xxhash: it tells versions of public bytes apart and proves nothing.
 */
export function createAssets(directories: readonly string[], made: Readonly<Record<string, string>> = {}): Assets {
  const byUrl = new Map<string, Asset>();
  const urls = new Map<string, string>();
  const files = directories.flatMap((directory) =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((file) => types[extname(file)] !== undefined)
      .map((file) => [file.replaceAll('\\', '/'), readFileSync(join(directory, file))] as const),
  );
  for (const [name, body] of [
    ...files,
    ...Object.entries(made).map(([name, text]) => [name, Buffer.from(text)] as const),
  ]) {
    const type = types[extname(name)] ?? 'application/octet-stream';
    const mark = fingerprint(body);
    const url = `/assets/${name.slice(0, -extname(name).length)}.${mark}${extname(name)}`;
    byUrl.set(url, { body, type, etag: `"${mark}"` });
    urls.set(name, url);
  }
  return Object.freeze({
    url(name: string) {
      const url = urls.get(name);
      if (url === undefined) throw new Error(`There is no file ${name} in ${directories.join(' or ')}.`);
      return url;
    },
    handler: function assetsHandler(req: Request, res: Response, next: NextFunction) {
      const asset = byUrl.get(req.baseUrl + req.path);
      if (asset === undefined || (req.method !== 'GET' && req.method !== 'HEAD')) return next();
      res.set({ 'Cache-Control': 'public, max-age=31536000, immutable', ETag: asset.etag, 'Content-Type': asset.type });
      if (req.fresh) return void res.status(304).end();
      res.send(asset.body);
    },
  });
}
