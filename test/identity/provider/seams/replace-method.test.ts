import { describe, expect, it } from 'vitest';
import { replaceMethod } from '#identity/provider/seams/replace-method.ts';

type Greet = (this: unknown, name: string) => string;

describe('A method of ours in the place of one of oidc-provider', () => {
  it('is called instead of it, and may call it', () => {
    class Token {
      greet(name: string): string {
        return `hello ${name}`;
      }
    }
    replaceMethod<Greet>(
      Token.prototype,
      'greet',
      (before) =>
        function (this: unknown, name) {
          return `${before.call(this, name)}!`;
        },
    );
    expect(new Token().greet('Ann')).toBe('hello Ann!');
  });

  it('stops the start where there is no such method any more, or where it cannot be replaced', () => {
    class Renamed {
      welcome(name: string): string {
        return name;
      }
    }
    class Sealed {
      greet(name: string): string {
        return name;
      }
    }
    Object.defineProperty(Sealed.prototype, 'greet', { writable: false, configurable: false });
    const ours = () => (name: string) => name;
    expect(() => replaceMethod<Greet>(Renamed.prototype, 'greet', ours)).toThrow(/Renamed\.prototype has no method greet/);
    expect(() => replaceMethod<Greet>(Sealed.prototype, 'greet', ours)).toThrow(/Sealed\.prototype lets nobody replace its method greet/);
  });
});
