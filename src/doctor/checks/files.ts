import { type Check, defineCheck } from '../check.js';

const kinds = {
  readable: {
    id: 'file.secret_readable',
    severity: 'high',
    title: 'Other users of the machine can read a file of keys.',
    clauses: ['ASVS 5.0 V13.3.2', 'PCI DSS 4.0.1 3.6.1.2'],
    fix: 'chmod 600, owned by the user of the server; then replace the key, since it may have been read.',
  },
  writable: {
    id: 'file.writable',
    severity: 'high',
    title: 'Other users of the machine can write a file that the server trusts.',
    clauses: ['ASVS 5.0 V13.3.2', 'ASVS 5.0 V13.2.2'],
    fix: 'chmod go-w, and see whether the file is still what it was.',
  },
  folder: {
    id: 'file.folder_writable',
    severity: 'medium',
    title: 'Other users of the machine can put another file in the place of one that the server trusts.',
    clauses: ['ASVS 5.0 V13.3.2', 'ASVS 5.0 V13.2.2'],
    fix: 'chmod go-w the folder, or move the file to one of the server’s own.',
  },
  missing: {
    id: 'file.missing',
    severity: 'high',
    title: 'A file that the server needs is not there, or this user may not look at it.',
    clauses: ['ASVS 5.0 V13.3.1'],
    fix: 'Correct the path, or run the doctor as the user of the server.',
  },
} as const;

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
/** Set on folders such as the temporary one: who may write there may still not replace what belongs to others. */
const sticky = 0o1000;

export const files: Check = defineCheck({
  name: 'modes of files',
  needs: 'files',
  kinds,
  examine(all, found) {
    for (const { path, secret, mode, folderMode } of all) {
      const place = { name: path };
      if (mode === undefined) {
        found(kinds.missing, 'it cannot be looked at', place);
        continue;
      }
      if (secret && (mode & 0o044) !== 0) found(kinds.readable, `its mode is ${octal(mode)}`, place);
      if ((mode & 0o022) !== 0) found(kinds.writable, `its mode is ${octal(mode)}`, place);
      if (folderMode !== undefined && (folderMode & 0o022) !== 0 && (folderMode & sticky) === 0)
        found(kinds.folder, `the mode of its folder is ${octal(folderMode)}`, place);
    }
  },
});
