// A person at a computer: the home folder that clients find there, and a browser in which every page that they open is answered
// as the person has decided to.
import { mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { freshPage } from './browser.mjs';
import { BROWSER, browserInbox } from './browser-inbox.mjs';
import { listening } from './listening.mjs';
import { submit } from './operator-page.mjs';
import { temporaryFolder } from './program.mjs';
import { arrive, chooseUser, decide } from './sign-in.mjs';

/** The programs that clients start to open a page, besides the one that BROWSER names. */
const OPENERS = ['xdg-open', 'open'];

/** The buttons that lead back from a denial: of this client, and of one that had its name. */
const DENIED = ['undo', 'review'];

/** Sits at a browser without cookies until the test ends. `here` has that browser. */
export async function person(t, here) {
  const { env, opened, reopened } = await browserInbox(t);
  const home = temporaryFolder(t);
  const programs = join(home, 'bin');
  mkdirSync(programs);
  for (const opener of OPENERS) symlinkSync(BROWSER, join(programs, opener));
  const path = programs + delimiter + process.env.PATH;
  const person = new Person(home, { ...env, PATH: path, HOME: home }, await freshPage(t, here.browser));
  void person.watch(opened, reopened);
  return person;
}

class Person {
  /** Every URL that a client has opened. */
  opened = [];
  #answered = [];
  #answer;
  #failed = () => {};

  constructor(home, env, page) {
    Object.assign(this, { home, env, page });
  }

  async watch(opened, reopened) {
    for (let url = await opened; ; url = await reopened()) {
      this.opened.push(url);
      const answered = this.#answerAt(url);
      this.#answered.push(answered);
      answered.catch((error) => this.#failed(error));
    }
  }

  /** From now on allows what is asked, and signs in as this user of the server's tenant. */
  allows(server, user) {
    this.#answer = async (url) => {
      await this.page.goto(url);
      if (!(await this.page.$('button[name="decision"]'))) throw new Error(await this.page.$eval('main', (main) => main.innerText));
      for (const back of DENIED) if (await this.page.$(`button[value="${back}"]`)) await decide(this.page, back);
      await decide(this.page, 'allow');
      await arrive(this.page, server.tenant);
      await chooseUser(this.page, user);
    };
  }

  /** From now on denies what is asked, and returns to the client. */
  denies() {
    this.#answer = async (url) => {
      await this.page.goto(url);
      await decide(this.page, 'deny');
      await this.page.goto(await this.page.$eval('a.button', (back) => back.href));
    };
  }

  /** Ends all connections of this user on the page for it. */
  async revokes(server, user) {
    await this.page.goto(`${server.url}/connections`);
    await submit(this.page, await this.page.waitForSelector('button[value="sign-in"]'));
    await arrive(this.page, server.tenant);
    await chooseUser(this.page, user);
    await arrive(this.page, `${server.url}/connections`);
    await submit(this.page, await this.page.waitForSelector('button[value="revoke-all"]'));
  }

  /** What a client comes to; it fails as soon as the person cannot answer a page, with what the page says. */
  async during(work) {
    this.#answered = [];
    const failed = new Promise((_, reject) => (this.#failed = reject));
    const outcome = await Promise.race([work(), failed]);
    await Promise.all(this.#answered);
    return outcome;
  }

  async #answerAt(url) {
    await listening(new URL(url).searchParams.get('redirect_uri'));
    await this.#answer(url);
  }
}
