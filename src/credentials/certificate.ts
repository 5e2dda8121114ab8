import { generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { pki } from "node-forge";

/** A certificate and its key, in PEM format. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Whose certificate it is: the common name and the organization. */
export interface Subject {
  readonly name: string;
  readonly cluster: string;
}

/** Clocks that are so far behind ours still find a new certificate valid. */
const BEFORE_MS = 24 * 3_600_000;

const AUTHORITY_BITS = 3072;
const NODE_BITS = 2048;

type Extension = Readonly<Record<string, unknown>>;

const AUTHORITY: readonly Extension[] = [
  { name: "basicConstraints", cA: true, critical: true },
  { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
];

const NODE: readonly Extension[] = [
  { name: "basicConstraints", cA: false, critical: true },
  { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
  { name: "extKeyUsage", serverAuth: true, clientAuth: true },
];

/** A new authority that signs its own certificate. */
export async function newAuthority(subject: Subject, days: number): Promise<KeyPair> {
  return make(subject, null, days);
}

/** A new key and its certificate, signed by `authority`, good as a server and as a client. */
export async function newCertificate(subject: Subject, authority: KeyPair, days: number): Promise<KeyPair> {
  return make(subject, authority, days);
}

/** The library is loaded only where a certificate is made: no agent pays for it otherwise. */
async function make(subject: Subject, authority: KeyPair | null, days: number): Promise<KeyPair> {
  const { default: forge } = await import("node-forge");
  const { publicKey, privateKey } = await newKeys(authority === null ? AUTHORITY_BITS : NODE_BITS);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  // A leading zero, so that the number is not read as a negative one.
  certificate.serialNumber = `00${randomBytes(16).toString("hex")}`;
  certificate.validity.notBefore = new Date(Date.now() - BEFORE_MS);
  certificate.validity.notAfter = new Date(Date.now() + days * 24 * 3_600_000);
  certificate.setSubject(attributes(subject));
  const issuer = authority === null ? null : forge.pki.certificateFromPem(authority.certificate);
  certificate.setIssuer(issuer?.subject.attributes ?? attributes(subject));
  const names = { name: "subjectAltName", altNames: [{ type: 2, value: subject.name }] };
  certificate.setExtensions(authority === null ? [...AUTHORITY] : [...NODE, names]);
  certificate.sign(forge.pki.privateKeyFromPem(authority?.key ?? privateKey), forge.md.sha256.create());
  return { certificate: forge.pki.certificateToPem(certificate).replaceAll("\r\n", "\n"), key: privateKey };
}

function attributes({ name, cluster }: Subject): pki.CertificateField[] {
  return [
    { name: "commonName", value: name },
    { name: "organizationName", value: cluster },
  ];
}

/** RSA, because PostgreSQL and OpenSSL of every supported age take it. */
async function newKeys(bits: number): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  return promisify(generateKeyPair)("rsa", {
    modulusLength: bits,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
}
