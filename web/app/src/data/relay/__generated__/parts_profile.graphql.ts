/**
 * @generated SignedSource<<63df0a11466459306a1764a439d46e45>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import { ReaderFragment } from 'relay-runtime';
import { FragmentRefs } from "relay-runtime";
export type parts_profile$data = {
  readonly createdAt: string;
  readonly phone: string | null | undefined;
  readonly postCount: number | null | undefined;
  readonly username: string;
  readonly " $fragmentType": "parts_profile";
};
export type parts_profile$key = {
  readonly " $data"?: parts_profile$data;
  readonly " $fragmentSpreads": FragmentRefs<"parts_profile">;
};

const node: ReaderFragment = {
  "argumentDefinitions": [],
  "kind": "Fragment",
  "metadata": null,
  "name": "parts_profile",
  "selections": [
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "username",
      "storageKey": null
    },
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "phone",
      "storageKey": null
    },
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "postCount",
      "storageKey": null
    },
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "createdAt",
      "storageKey": null
    }
  ],
  "type": "User",
  "abstractKey": null
};

(node as any).hash = "5a809ddfacdc890f8f793c6b4ca9abc6";

export default node;
