import { contextOf, type IamHandlers } from '../context.ts'
import { GROUP, ROLE, USER } from '../entities.ts'
import {
  attachPolicy,
  deleteBoundary,
  deletePolicy,
  detachPolicy,
  getPolicy,
  listAttachedPolicies,
  listPolicies,
  putBoundary,
  putPolicy,
} from '../entity-policies.ts'

export const rolePolicyOperations = {
  PutRolePolicy: (input, call) => putPolicy(contextOf(call), ROLE, input.RoleName, input),
  async GetRolePolicy(input, call) {
    const { name, ...policy } = await getPolicy(contextOf(call), ROLE, input.RoleName, input)
    return { RoleName: name, ...policy }
  },
  ListRolePolicies: (input, call) => listPolicies(contextOf(call), ROLE, input.RoleName, input),
  DeleteRolePolicy: (input, call) => deletePolicy(contextOf(call), ROLE, input.RoleName, input),
  AttachRolePolicy: (input, call) => attachPolicy(contextOf(call), ROLE, input.RoleName, input),
  DetachRolePolicy: (input, call) => detachPolicy(contextOf(call), ROLE, input.RoleName, input),
  ListAttachedRolePolicies: (input, call) =>
    listAttachedPolicies(contextOf(call), ROLE, input.RoleName, input),
  PutRolePermissionsBoundary: (input, call) =>
    putBoundary(contextOf(call), ROLE, input.RoleName, input.PermissionsBoundary),
  DeleteRolePermissionsBoundary: (input, call) => deleteBoundary(contextOf(call), ROLE, input.RoleName),
} satisfies IamHandlers

export const userPolicyOperations = {
  PutUserPolicy: (input, call) => putPolicy(contextOf(call), USER, input.UserName, input),
  async GetUserPolicy(input, call) {
    const { name, ...policy } = await getPolicy(contextOf(call), USER, input.UserName, input)
    return { UserName: name, ...policy }
  },
  ListUserPolicies: (input, call) => listPolicies(contextOf(call), USER, input.UserName, input),
  DeleteUserPolicy: (input, call) => deletePolicy(contextOf(call), USER, input.UserName, input),
  AttachUserPolicy: (input, call) => attachPolicy(contextOf(call), USER, input.UserName, input),
  DetachUserPolicy: (input, call) => detachPolicy(contextOf(call), USER, input.UserName, input),
  ListAttachedUserPolicies: (input, call) =>
    listAttachedPolicies(contextOf(call), USER, input.UserName, input),
  PutUserPermissionsBoundary: (input, call) =>
    putBoundary(contextOf(call), USER, input.UserName, input.PermissionsBoundary),
  DeleteUserPermissionsBoundary: (input, call) => deleteBoundary(contextOf(call), USER, input.UserName),
} satisfies IamHandlers

export const groupPolicyOperations = {
  PutGroupPolicy: (input, call) => putPolicy(contextOf(call), GROUP, input.GroupName, input),
  async GetGroupPolicy(input, call) {
    const { name, ...policy } = await getPolicy(contextOf(call), GROUP, input.GroupName, input)
    return { GroupName: name, ...policy }
  },
  ListGroupPolicies: (input, call) => listPolicies(contextOf(call), GROUP, input.GroupName, input),
  DeleteGroupPolicy: (input, call) => deletePolicy(contextOf(call), GROUP, input.GroupName, input),
  AttachGroupPolicy: (input, call) => attachPolicy(contextOf(call), GROUP, input.GroupName, input),
  DetachGroupPolicy: (input, call) => detachPolicy(contextOf(call), GROUP, input.GroupName, input),
  ListAttachedGroupPolicies: (input, call) =>
    listAttachedPolicies(contextOf(call), GROUP, input.GroupName, input),
} satisfies IamHandlers
